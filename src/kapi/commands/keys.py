"""`kapi keys`: the keys that our tokens are signed with."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from django.conf import settings
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from kapi.contexts.openid.errors import KeyTooYoung
from kapi.contexts.openid.selectors.keys import list_keys
from kapi.contexts.openid.services.keys import ensure_keys, rotate_keys, rotate_keys_now
from kapi.kernel.actors import system

app = typer.Typer(help="List and rotate the keys that tokens are signed with.", no_args_is_help=True)
ACTOR = system("command:keys")


@app.command("list")
def show_keys(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the keys: the next one (published already), the one in use, the retired ones."""
    ensure_keys(actor=ACTOR, now=timezone.now())
    keys = list_keys()
    if as_json:
        typer.echo(json.dumps([asdict(key) for key in keys], default=str))
        return
    table = Table("key id", "state", "published", "used from", "until")
    for key in keys:
        moments = (key.created_at, key.activated_at, key.retired_at)
        table.add_row(key.kid, key.state, *(f"{at:%Y-%m-%d %H:%M} UTC" if at else "" for at in moments))
    Console().print(table)


@app.command("rotate")
def rotate(
    emergency: Annotated[
        bool,
        typer.Option(
            "--emergency", help="Do not wait: the present key may be in wrong hands. Some sign-ins will fail."
        ),
    ] = False,
) -> None:
    """Sign with the next key from now on, and publish a new next one.

    The worker does this by itself when a key has served its time. The next key must have been published for twice
    the time that institutions may keep our keys.
    """
    deed = rotate_keys_now if emergency else rotate_keys
    try:
        key = deed(actor=ACTOR, now=timezone.now())
    except KeyTooYoung:
        wait = 2 * settings.OPENID.jwks_max_age
        typer.echo(
            f"The next key is not {wait} old yet, so some institutions cannot know it. Try again later; if the present"
            " key may be in wrong hands: kapi keys rotate --emergency",
            err=True,
        )
        raise typer.Exit(1) from None
    typer.echo(f"Signing with {key.kid} from now on.")
