"""`kapi audit`: seal the audit trail, and prove that nobody touched it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from kapi.foundation.audit import services as audit
from kapi.foundation.audit import verification
from kapi.kernel.actors import system

app = typer.Typer(help="Seal the audit trail, and prove that nobody touched it.", no_args_is_help=True)
HeadsOption = Annotated[
    Path | None,
    typer.Option("--heads", help="Exported heads of the chain; without it audit-heads.jsonl in the data folder"),
]
BATCH = 1000
ACTOR = system("command:audit")


@app.command()
def verify(
    heads: HeadsOption = None,
    since_last: Annotated[
        bool, typer.Option("--since-last", help="Only what was sealed after the worker's last verification")
    ] = False,
    first: Annotated[int, typer.Option("--from", min=1, help="Place of the chain to begin at")] = 1,
    last: Annotated[int | None, typer.Option("--to", min=1, help="Place of the chain to end at")] = None,
) -> None:
    """Walk the chain. Exit 0 if it is whole; exit 1 and print `row=<id>` of the first bad row if not.

    `row=0` means that the end of the chain is missing: a longer one had been exported. From the beginning to the end
    proves all of the trail; a part takes the seal before it as given. Parts may be walked side by side.
    """
    if since_last and (first != 1 or last is not None):
        raise typer.BadParameter("choose --since-last, or --from and --to", param_hint="--since-last")
    is_whole = not since_last and first == 1 and last is None
    if since_last:
        first = verification.last_verified() + 1
    with _progress("Verifying") as show:
        found = verification.verify(heads_file=_heads_file(heads), first=first, last=last, progress=show)
    if is_whole:
        verification.keep(kind=verification.VerificationKind.WHOLE, found=found, actor=ACTOR, now=timezone.now())
    typer.echo(f"sealed={found.sealed}")
    typer.echo(f"unsealed_tail={found.unsealed_tail}")
    if found.first_bad_row is None:
        typer.echo("whole" if is_whole else f"whole from {first} to {found.sealed}")
        return
    typer.echo(f"row={found.first_bad_row}")
    typer.echo(f"reason={found.reason}")
    typer.echo("Compare the row with a backup, and keep this database as evidence: docs/guides/operator.md.", err=True)
    raise typer.Exit(1)


@app.command()
def status() -> None:
    """Print how the last verifications went, without verifying: exit 1 if one of them found a bad row, for monitoring.

    `latest` is the worker's verification of what is new, `round` its slow walk over all of the chain, again and again,
    `whole` the last `kapi audit verify`.
    """
    is_well = True
    for seen in verification.verifications():
        word = "whole" if seen.first_bad_row is None else f"row={seen.first_bad_row}"
        completed = f"{seen.completed_at:%Y-%m-%dT%H:%M:%SZ}" if seen.completed_at else "never"
        typer.echo(f"{seen.kind} {word} to={seen.verified_to} at={seen.at:%Y-%m-%dT%H:%M:%SZ} completed={completed}")
        is_well = is_well and seen.first_bad_row is None
    if not is_well:
        raise typer.Exit(1)


@app.command()
def seal(heads: HeadsOption = None) -> None:
    """Seal all records that are not sealed yet, as the worker does every few seconds."""
    waiting = audit.lengths()[1]
    with _progress("Sealing") as show:
        total = audit.seal_all(
            batch=BATCH,
            most=waiting,
            heads_file=_heads_file(heads),
            now=timezone.now(),
            progress=lambda done: show(done, waiting),
        )
    typer.echo(f"sealed={total}")


@contextmanager
def _progress(words: str) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(words, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _heads_file(heads: Path | None) -> Path:
    return heads or settings.DATA_DIR / "audit-heads.jsonl"
