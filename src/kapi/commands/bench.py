"""`kapi bench`: measure what we promise."""

import json
import sys
from dataclasses import asdict
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from django.conf import settings
from django.utils import timezone
from rich.console import Console
from rich.table import Table

NAMES = ("audit", "portal", "search")


def bench(
    name: Annotated[str, typer.Argument(help=f"One of: all, {', '.join(NAMES)}")],
    quick: Annotated[bool, typer.Option("--quick", help="A short run, to see that it works")] = False,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the figures into this file")] = None,
    save: Annotated[Path | None, typer.Option("--save", help="Write a dated page for each into this folder")] = None,
) -> None:
    """Measure and print figures, each beside the peer it is compared with.

    KAPI_DATABASE_URL adds PostgreSQL where a benchmark knows both databases. Results depend on the machine: compare
    ratios, and only beyond 30 %.
    """
    if name not in ("all", *NAMES):
        raise typer.BadParameter(f"write one of: all, {', '.join(NAMES)}", param_hint="NAME")
    sys.path.insert(0, str(settings.BASE_DIR))
    figures: list[dict[str, Any]] = []
    for chosen in NAMES if name == "all" else (name,):
        found = [asdict(figure) for figure in import_module(f"bench.{chosen}").run(quick=quick)]
        _show(chosen, found)
        if save is not None:
            _save(save / f"{chosen}.md", chosen, found)
        figures += found
    if as_json is not None:
        as_json.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _show(name: str, figures: list[dict[str, Any]]) -> None:
    table = Table("name", "value", "unit", "peer", "peer's value", "ratio", "note", title=name)
    for figure in figures:
        table.add_row(*("" if value is None else str(value) for value in figure.values()))
    Console().print(table)


def _save(path: Path, name: str, figures: list[dict[str, Any]]) -> None:
    today: date = timezone.localdate()
    lines = [f"# {name}", "", f"{today}, `kapi bench {name}`.", ""]
    lines += ["| name | value | unit | peer | peer's value | ratio | note |", "|---|---|---|---|---|---|---|"]
    for figure in figures:
        lines.append("| " + " | ".join("" if value is None else str(value) for value in figure.values()) + " |")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
