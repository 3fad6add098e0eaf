"""`kapi feedback`: read what people told us."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kapi.contexts.catalogue import selectors

app = typer.Typer(help="Read what people told us about pages and services.", no_args_is_help=True)

_Limit = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many at most, the newest first.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@app.command("list")
def list_feedback(
    service: Annotated[str | None, typer.Option("--service", help="Only about the service with this code.")] = None,
    limit: _Limit = 50,
    as_json: _Json = False,
) -> None:
    """List answers to "Was this page useful?" (yes is 5, no is 1) and the words people left."""
    lines = selectors.feedback_on(service_codes=None if service is None else [service], limit=limit)
    if as_json:
        typer.echo(json.dumps([asdict(line) for line in lines], ensure_ascii=False, default=str))
        return
    table = Table("when", "page", "score", "words")
    for line in lines:
        score = "" if line.score is None else str(line.score)
        table.add_row(f"{line.at:%Y-%m-%d %H:%M}", escape(line.page), score, escape(line.text))
    Console().print(table if lines else "Nobody has left feedback yet.")


@app.command("barriers")
def list_barriers(limit: _Limit = 50, as_json: _Json = False) -> None:
    """List reports of barriers, with how to answer those who asked for an answer."""
    lines = selectors.barrier_reports(limit=limit)
    if as_json:
        typer.echo(json.dumps([asdict(line) for line in lines], ensure_ascii=False, default=str))
        return
    table = Table("when", "number", "page", "what happened", "answer to")
    for line in lines:
        words = (escape(text) for text in (line.page, line.text, line.contact or "-"))
        table.add_row(f"{line.at:%Y-%m-%d %H:%M}", str(line.id), *words)
    Console().print(table if lines else "Nobody has reported a barrier yet.")
