"""`kapi events`: what the outbox gave up, and having it tried again."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from kapi.foundation.outbox import selectors
from kapi.foundation.outbox.services import drop_parked, retry_parked
from kapi.kernel.actors import system

app = typer.Typer(help="List what reactions could not do, and have it tried again.", no_args_is_help=True)
ACTOR = system("command:events")
IdsArgument = Annotated[list[int] | None, typer.Argument(help="Numbers of parked deliveries")]
ReactionOption = Annotated[str, typer.Option("--reaction", help="Only those to this reaction, such as kapi.x.y.react")]
BATCH = 500


@app.command("parked")
def show_parked(
    reaction: ReactionOption = "", as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """List the deliveries that were parked after their last try, the first parked first; exit 1 if there are any.

    `error` is the kind of the last failure; the worker's log of that moment holds the rest. WorkerDied: the worker was
    killed each time while it was at it.
    """
    found = selectors.parked(reaction=reaction, limit=None if as_json else 200)
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in found], default=str))
    elif found:
        table = Table("id", "event", "reaction", "error", "parked at")
        for row in found:
            table.add_row(str(row.id), row.event, row.reaction, row.error, f"{row.parked_at:%Y-%m-%d %H:%M} UTC")
        Console().print(table)
    else:
        typer.echo("Nothing is parked.")
    raise typer.Exit(1 if found else 0)


@app.command()
def retry(
    ids: IdsArgument = None,
    reaction: ReactionOption = "",
    everything: Annotated[bool, typer.Option("--all", help="All that are parked")] = False,
) -> None:
    """Put parked deliveries back on their way, with all their tries. Mend the reason first."""
    chosen = _choose(ids, reaction, everything=everything)
    done = sum(
        retry_parked(delivery_ids=chosen[start : start + BATCH], actor=ACTOR, now=timezone.now())
        for start in range(0, len(chosen), BATCH)
    )
    typer.echo(f"retried={done}")


@app.command()
def drop(ids: Annotated[list[int], typer.Argument(help="Numbers of parked deliveries")]) -> None:
    """Call parked deliveries done although their reaction never ran. The audit trail keeps who did it, and when."""
    typer.echo(f"dropped={drop_parked(delivery_ids=ids, actor=ACTOR, now=timezone.now())}")


def _choose(ids: list[int] | None, reaction: str, *, everything: bool) -> list[int]:
    if [bool(ids), bool(reaction), everything].count(True) != 1:
        raise typer.BadParameter("name deliveries by number, or give --reaction or --all; see `kapi events parked`")
    return ids or [row.id for row in selectors.parked(reaction=reaction, limit=None)]
