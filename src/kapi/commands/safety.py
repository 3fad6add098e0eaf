"""What must be so before the gateway runs for real people."""

import typer
from django.conf import settings


def refuse_a_public_key() -> None:
    """Stop unless there is a secret of one's own; the demo, which knows only made-up people, goes on without.

    :raises typer.Exit: after saying what to set.
    """
    if settings.SECRET_KEY_IS_PUBLIC and not settings.DEMO:
        typer.echo(
            "KAPI_SECRET_KEY is not set. Everything sealed would be open to anyone who read the source code.\n"
            "Set at least 32 random characters, for example: export KAPI_SECRET_KEY=$(openssl rand -base64 48)\n"
            "To look around with made-up people, run `make demo` instead.",
            err=True,
        )
        raise typer.Exit(2)
