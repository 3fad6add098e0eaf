"""`kapi keys`: the keys that our tokens are signed with, and a change of the secret key."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer
from django.conf import settings
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from kapi.contexts.openid.errors import KeyTooYoung
from kapi.contexts.openid.selectors.keys import list_keys
from kapi.contexts.openid.services.keys import ensure_keys, rotate_keys, rotate_keys_now
from kapi.foundation.resealing import services as resealing
from kapi.foundation.resealing.values import SealedColumn, Step
from kapi.kernel.actors import system

app = typer.Typer(
    help="List and rotate the keys that tokens are signed with; change the secret key.", no_args_is_help=True
)
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


@app.command()
def reseal(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 if anything is still under a former key.")
    ] = False,
    batch: Annotated[int, typer.Option(min=1, help="Rows in one transaction")] = 500,
) -> None:
    """Bring everything that was sealed under a former secret key under the present one, while the gateway serves.

    Before: every process runs with the new KAPI_SECRET_KEY and the former one in KAPI_SECRET_KEY_FALLBACKS. After,
    and once `--check` finds nothing, the former key can go. It may be stopped and started again at any time, and goes
    on where it was. The whole way, step by step: docs/guides/operator.md.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    left = False
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        for column in settings.SEALED_COLUMNS:
            task = bars.add_task(column.name, total=resealing.count_rows(column))
            steps = []
            if not check:
                bars.advance(task, resealing.seen_so_far(column))
            for step in _inspect(column, batch) if check else _reseal(column, batch):
                steps.append(step)
                bars.advance(task, step.seen)
            left = _tell(column, steps, "under a former key" if check else "resealed") or left
            left = left or (check and any(step.resealed for step in steps))
    if left:
        raise typer.Exit(1)


def _reseal(column: SealedColumn, batch: int) -> Iterator[Step]:
    is_last = False
    while not is_last:
        step = resealing.reseal_further(column=column, limit=batch, actor=ACTOR, now=timezone.now())
        is_last = step.is_last
        yield step


def _inspect(column: SealedColumn, batch: int) -> Iterator[Step]:
    after, is_last = "", False
    while not is_last:
        step, after = resealing.inspect(column=column, after=after, limit=batch)
        is_last = step.is_last
        yield step


def _tell(column: SealedColumn, steps: list[Step], words: str) -> bool:
    """Print what was done in a column; tell whether something is amiss."""
    unopened = [pk for step in steps for pk in step.unopened]
    clashing = [pk for step in steps for pk in step.clashing]
    typer.echo(f"{column.name}: {sum(step.seen for step in steps)} seen, {sum(s.resealed for s in steps)} {words}")
    if unopened:
        typer.echo(
            f"  {len(unopened)} rows open under no key that is set, the first: {', '.join(unopened[:20])}. "
            "Is a former key missing in KAPI_SECRET_KEY_FALLBACKS?",
            err=True,
        )
    if clashing:
        typer.echo(
            f"  {len(clashing)} rows are there twice, the first: {', '.join(clashing[:20])}. "
            "They were registered under both keys at once; a desk has to say which one stays.",
            err=True,
        )
    return bool(unopened or clashing)
