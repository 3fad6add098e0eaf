"""`kapi audit`: seal the audit trail, and prove that nobody touched it."""

from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings
from django.utils import timezone

from kapi.foundation.audit import services as audit

app = typer.Typer(help="Seal the audit trail, and prove that nobody touched it.", no_args_is_help=True)
HeadsOption = Annotated[
    Path | None,
    typer.Option("--heads", help="Exported heads of the chain; without it audit-heads.jsonl in the data folder"),
]
BATCH = 1000


@app.command()
def verify(heads: HeadsOption = None) -> None:
    """Walk the whole chain. Exit 0 if it is whole; exit 1 and print `row=<id>` of the first bad row if not.

    `row=0` means that the end of the chain is missing: a longer one had been exported.
    """
    found = audit.verify(heads_file=_heads_file(heads))
    typer.echo(f"sealed={found.sealed}")
    typer.echo(f"unsealed_tail={found.unsealed_tail}")
    if found.first_bad_row is None:
        typer.echo("whole")
        return
    typer.echo(f"row={found.first_bad_row}")
    typer.echo(f"reason={found.reason}")
    typer.echo("Compare the row with a backup, and keep this database as evidence: docs/guides/operator.md.", err=True)
    raise typer.Exit(1)


@app.command()
def seal(heads: HeadsOption = None) -> None:
    """Seal all records that are not sealed yet, as the worker does every few seconds."""
    total = 0
    while sealed := audit.seal(limit=BATCH, heads_file=_heads_file(heads), now=timezone.now()):
        total += sealed
    typer.echo(f"sealed={total}")


def _heads_file(heads: Path | None) -> Path:
    return heads or settings.DATA_DIR / "audit-heads.jsonl"
