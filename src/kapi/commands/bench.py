"""`kapi bench`: measure what we promise."""

import json
import os
import platform
import re
import sys
import sysconfig
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

NAMES = ("audit", "identity", "logout", "openid", "portal", "search")
_REMARKS = "\n## Remarks\n"
_WIDTH = 200


def bench(
    name: Annotated[str, typer.Argument(help=f"One of: all, {', '.join(NAMES)}")],
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Of identity: one of its names, such as `code flow`. Repeatable.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A short run, to see that it works")] = False,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write the figures into this file")] = None,
    save: Annotated[Path | None, typer.Option("--save", help="Write a dated page for each into this folder")] = None,
) -> None:
    """Measure and print figures, each beside the peer it is compared with.

    In databases of their own. Identity runs on PostgreSQL, portal and search on SQLite and on PostgreSQL: on the server
    that KAPI_DATABASE_URL names, else on one that is started for the run if PostgreSQL's programs are installed; if
    there is neither, they say so. Load goes to this machine only. Results depend on the machine: compare ratios, and
    only beyond 30 %.
    """
    if name not in ("all", *NAMES):
        raise typer.BadParameter(f"write one of: all, {', '.join(NAMES)}", param_hint="NAME")
    if only and name != "identity":
        raise typer.BadParameter("only identity has names of its own", param_hint="--only")
    sys.path.insert(0, str(settings.BASE_DIR))
    figures: list[dict[str, Any]] = []
    for chosen in NAMES if name == "all" else (name,):
        module, busy = import_module(f"bench.{chosen}"), os.getloadavg()[0]
        more = {"only": only} if only else {}
        found = [asdict(figure) for figure in module.run(quick=quick, **more)]
        _show(chosen, found)
        if save is not None:
            command = f"kapi bench {chosen}{' --quick' if quick else ''}"
            command += "".join(f" --only '{part}'" for part in only or ())
            _save(save / f"{chosen}.md", command, module.__doc__ or "", found, busy)
        figures += found
    if as_json is not None:
        as_json.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _show(name: str, figures: list[dict[str, Any]]) -> None:
    table = Table("name", "value", "unit", "peer", "peer's value", "ratio", "note", title=name)
    for figure in figures:
        table.add_row(*("" if value is None else str(value) for value in figure.values()))
    console = Console()
    Console(width=None if console.is_terminal else _WIDTH).print(table)


def _save(path: Path, command: str, about: str, figures: list[dict[str, Any]], load: float) -> None:
    """Write the page of a benchmark anew; what people wrote under its remarks stays."""
    today: date = timezone.localdate()
    lines = [f"# {path.stem}", "", *about.strip().splitlines(), "", f"{today}, `{command}`, {_machine()}"]
    lines[-1] += f"; load average {load:.1f} when it began."
    lines += ["", "| name | value | unit | peer | peer's value | ratio | note |", "|---|---|---|---|---|---|---|"]
    for figure in figures:
        lines.append("| " + " | ".join("" if value is None else str(value) for value in figure.values()) + " |")
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    _, heading, remarks = before.partition(_REMARKS)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n" + heading + remarks, encoding="utf-8")


def _machine() -> str:
    """Say what it was measured on."""
    try:
        models = re.findall(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        models = []
    system = f"{platform.system()} {platform.machine()}"
    return ", ".join(
        [f"{os.cpu_count()} cores", *models[:1], system, f"Python {platform.python_version()} ({_built()})"]
    )


def _built() -> str:
    """Say how this Python was built: the same version without optimisations takes 15 to 30 % more CPU."""
    if sys.base_prefix == "/usr":  # a distribution's packages are optimised, and their records do not always say so
        return f"of {platform.freedesktop_os_release().get('PRETTY_NAME', 'the system')}"
    options = sysconfig.get_config_var("CONFIG_ARGS") or ""
    return f"built with{'' if '--enable-optimizations' in options else 'out'} optimisations"
