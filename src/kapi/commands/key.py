"""`kapi key`: the keys that our tokens are signed with, and a change of the secret key."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Final

import typer
from django.conf import settings
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from kapi.contexts.openid.errors import KeyNotFound, KeyStoreUnavailable, KeyTooYoung
from kapi.contexts.openid.selectors.keys import list_keys
from kapi.contexts.openid.services.keys import ensure_keys, revoke_keys, rotate_keys
from kapi.contexts.openid.values.keys import KeyState
from kapi.foundation.resealing import services as resealing
from kapi.foundation.resealing.values import SealedColumn, Step
from kapi.kernel.actors import system

app = typer.Typer(
    help="List, rotate and revoke the keys that tokens are signed with; change the secret key.", no_args_is_help=True
)
ACTOR = system("command:key")
_STORE_IS_AWAY: Final = "the store of signing keys (KAPI_KEY_STORE) does not answer"


@app.command("list")
def show_keys(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the keys: the next one (published already), the one in use, the retired ones."""
    try:
        ensure_keys(actor=ACTOR, now=timezone.now())
    except KeyStoreUnavailable:
        typer.echo(f"A key is missing, and {_STORE_IS_AWAY}; shown is what there is.", err=True)
    keys = list_keys()
    if as_json:
        typer.echo(json.dumps([asdict(key) for key in keys], default=str))
        return
    table = Table("key id", "state", "published", "used from", "until", "store")
    for key in keys:
        moments = (key.created_at, key.activated_at, key.retired_at)
        shown = (f"{at:%Y-%m-%d %H:%M} UTC" if at else "" for at in moments)
        table.add_row(key.kid, key.state, *shown, key.store)
    Console().print(table)


@app.command("rotate")
def rotate() -> None:
    """Sign with the next key from now on, and publish a new next one.

    The worker does this by itself when a key has served its time. The next key must have been published for twice
    the time that institutions may keep our keys.
    """
    try:
        key = rotate_keys(actor=ACTOR, now=timezone.now())
    except KeyTooYoung:
        wait = 2 * settings.OPENID.jwks_max_age
        typer.echo(
            f"The next key is not {wait} old yet, so some institutions cannot know it. Try again later; if the present"
            " key may be in wrong hands: kapi key revoke",
            err=True,
        )
        raise typer.Exit(1) from None
    except KeyStoreUnavailable:
        raise _no_answer() from None
    typer.echo(f"Signing with {key.kid} from now on.")


# A key id may begin with a hyphen, and is no option then.
@app.command("revoke", context_settings={"ignore_unknown_options": True})
def revoke(
    kids: Annotated[list[str] | None, typer.Argument(help="Key ids, as `kapi key list` shows them.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All keys there are: where the secret key or a backup may have leaked.")
    ] = False,
) -> None:
    """Withdraw keys that may be in wrong hands, at once and for good.

    They leave the published keys, nothing that they signed is accepted here any more, and their secrets are destroyed.
    The next key signs from now on. What else to do: docs/guides/operator.md, "A signing key has leaked".
    """
    now = timezone.now()
    chosen = [key.kid for key in list_keys()] if everything else list(kids or [])
    if not chosen:
        raise typer.BadParameter("name at least one key, or --all; see: kapi key list", param_hint="KIDS")
    try:
        key = revoke_keys(kids=chosen, actor=ACTOR, now=now)
    except KeyNotFound:
        raise typer.BadParameter("no key has one of these ids; see: kapi key list", param_hint="KIDS") from None
    typer.echo(f"Withdrawn: {', '.join(chosen)}. " + (f"Signing with {key.kid} from now on." if key else ""))
    if key is None:
        typer.echo(
            f"No key is left and {_STORE_IS_AWAY}: nothing can be signed, and citizens cannot go to institutions,"
            " until it answers. The worker makes new keys then; at once: kapi key list",
            err=True,
        )
    elif now - key.created_at < settings.OPENID.jwks_max_age:
        minutes = settings.OPENID.jwks_max_age.total_seconds() / 60
        typer.echo(
            f"It is new: institutions that keep our keys refuse tokens for up to {minutes:.0f} minutes.", err=True
        )
    if key is not None and KeyState.NEXT not in {each.state for each in list_keys()}:
        typer.echo(f"There is no next key yet, for {_STORE_IS_AWAY}; the worker makes it then.", err=True)
    typer.echo('Now tell the institutions: docs/guides/operator.md, "A signing key has leaked".', err=True)


def _no_answer() -> typer.Exit:
    typer.echo(f"Nothing was changed: {_STORE_IS_AWAY}.", err=True)
    return typer.Exit(1)


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
