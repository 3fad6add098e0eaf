"""`kapi feedback`: read what people told us."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kapi.contexts.monitoring import selectors

app = typer.Typer(help="Read what people told us about pages and services.", no_args_is_help=True)

_Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many at most, the newest first.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@app.command("list")
def list_feedback(
    service: Annotated[str | None, typer.Option("--service", help="Only about the service with this code.")] = None,
    limit: _Limit = 50,
    as_json: _Json = False,
) -> None:
    """List answers to "Was this page useful?" and the words that came with them."""
    lines = selectors.recent_feedback(service_code=service, limit=limit)
    if as_json:
        typer.echo(json.dumps([asdict(line) for line in lines], ensure_ascii=False, default=str))
        return
    table = Table("when", "page", "useful", "words")
    for line in lines:
        answer = {True: "yes", False: "no", None: ""}[line.was_useful]
        table.add_row(f"{line.received_at:%Y-%m-%d %H:%M}", escape(line.page), answer, escape(line.text))
    Console().print(table if lines else "Nobody has left feedback yet.")


@app.command("barriers")
def list_barriers(limit: _Limit = 50, as_json: _Json = False) -> None:
    """List reports of barriers, with the e-mail address of those who asked for an answer."""
    lines = selectors.recent_barrier_reports(limit=limit)
    if as_json:
        typer.echo(json.dumps([asdict(line) for line in lines], ensure_ascii=False, default=str))
        return
    table = Table("when", "number", "page", "what happened", "used with", "answer to")
    for line in lines:
        table.add_row(
            f"{line.received_at:%Y-%m-%d %H:%M}",
            line.number,
            *(escape(words) for words in (line.page, line.text, line.aids, line.email or "-")),
        )
    Console().print(table if lines else "Nobody has reported a barrier yet.")
