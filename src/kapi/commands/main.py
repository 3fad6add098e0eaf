"""The `kapi` program. Each noun is a module of this package with a Typer app of its own."""

import logging
import os

import django
import typer
from django.apps import apps
from django.core.management import execute_from_command_line
from django.db import OperationalError

from kapi.commands import beside_demo

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kapi.config.settings")
if not apps.ready:  # else somebody has read the settings already
    beside_demo.take_settings(os.environ)
django.setup()

from kapi.commands import (  # noqa: E402 - commands need the apps to be ready
    assets,
    audit,
    bench,
    card,
    client,
    demo,
    demo_data,
    events,
    feedback,
    health,
    institution,
    key,
    load,
    messages,
    migrate,
    person,
    serve,
    work,
)

_log = logging.getLogger(__name__)
app = typer.Typer(
    name="kapi",
    help="Kapı, a national e-Government gateway.",
    no_args_is_help=True,
    add_completion=False,
    # A plain traceback: the pretty one can show local variables, which may be secrets.
    pretty_exceptions_enable=False,
)


app.command()(serve.serve)
app.command()(work.work)
app.command()(health.health)
app.command()(migrate.migrate)
app.command()(assets.assets)
app.command()(bench.bench)
app.command()(demo.demo)
app.command("demo-data", hidden=True)(demo_data.demo_data)
app.command()(messages.messages)
app.add_typer(audit.app, name="audit")
app.add_typer(card.app, name="card")
app.add_typer(client.app, name="client")
app.add_typer(events.app, name="events")
app.add_typer(feedback.app, name="feedback")
app.add_typer(institution.app, name="institution")
app.add_typer(key.app, name="key")
app.add_typer(load.app, name="load")
app.add_typer(person.app, name="person")


@app.callback()
def kapi() -> None:
    """Kapı, a national e-Government gateway."""


@app.command(
    "django", context_settings={"ignore_unknown_options": True, "allow_extra_args": True}, add_help_option=False
)
def run_django(context: typer.Context) -> None:
    """Run one of Django's own commands (migrate, makemigrations, dbshell, ...)."""
    execute_from_command_line(["kapi django", *context.args])


def main() -> None:
    """Run the program."""
    try:
        app()
    except OperationalError as failure:
        _log.debug("the database failed", exc_info=True)
        raise SystemExit(
            f"The database does not answer: {failure}\nIs KAPI_DATABASE_URL right, and does the server run? "
            "Has `kapi migrate` been called? KAPI_LOG_LEVEL=DEBUG says more."
        ) from None


if __name__ == "__main__":
    main()
