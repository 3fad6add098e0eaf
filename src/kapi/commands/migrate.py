"""`kapi migrate`: bring the database to this release."""

from typing import Annotated

import typer
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from kapi.foundation.locks import alone


def migrate(
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 if something is to be done")] = False,
) -> None:
    """Create or update the tables.

    Several machines may call it at once: one works, the others wait.
    """
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    pending = _pending()
    if check:
        typer.echo("\n".join(pending) or "up to date")
        raise typer.Exit(1 if pending else 0)
    if not pending:
        typer.echo("The database is up to date.")
        return
    with alone("migrate"):
        call_command("migrate", interactive=False, verbosity=0)
    typer.echo(f"Applied {len(pending)} migrations.")


def _pending() -> list[str]:
    executor = MigrationExecutor(connections["default"])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]
