"""`kapi assets`: what browsers load, built from govuk-frontend's sources, our own styles and scripts."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import typer
from django.conf import settings
from django.core.management import call_command
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

ROOT: Final = settings.BASE_DIR
DIST: Final = ROOT / "src/kapi/sites/ui/static/ui/dist"
MODULES: Final = ROOT / "node_modules"
INPUTS: Final = ("package.json", "package-lock.json", "assets")


def assets(force: bool = typer.Option(False, "--force", help="Build even if nothing has changed.")) -> None:
    """Install the npm packages, build styles, scripts and fonts, collect all static files.

    Needs neither a system Node nor a network once done: a second run only looks whether anything has changed.
    """
    steps = {
        "Installing npm packages": (MODULES / ".kapi-hash", ["package.json", "package-lock.json"], _install),
        "Building styles, scripts and fonts": (DIST / ".kapi-hash", list(INPUTS), _build),
        "Collecting static files": (
            settings.STATIC_ROOT.with_name("static.hash"),
            [*INPUTS, "src/kapi/sites"],
            _collect,
        ),
    }
    done = 0
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        for name, (mark, inputs, run) in steps.items():
            now = _hash_of(inputs)
            if not force and mark.exists() and mark.read_text() == now:
                continue
            task = progress.add_task(name)
            run()
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.write_text(now)
            progress.remove_task(task)
            done += 1
    typer.echo("Assets are built." if done else "Assets are up to date.")


def _install() -> None:
    _run("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", remedy="Check the connection to the npm registry.")


def _build() -> None:
    DIST.mkdir(parents=True, exist_ok=True)
    _run(
        "node", str(MODULES / "sass/sass.js"), "--quiet-deps", "--no-source-map", "--style=compressed",
        "--load-path=node_modules", "assets/styles/kapi.scss", str(DIST / "kapi.css"),
    )  # fmt: skip
    _run(
        "node", str(MODULES / "esbuild/bin/esbuild"), "assets/scripts/kapi.mjs", "--bundle", "--format=esm",
        "--minify", "--target=es2020", "--log-level=warning", f"--outfile={DIST / 'kapi.js'}",
    )  # fmt: skip
    fonts = MODULES / "@fontsource-variable/atkinson-hyperlegible-next/files"
    _run("python", "assets/build_fonts.py", str(fonts), str(DIST))


def _collect() -> None:
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)


def _run(program: str, *arguments: str, remedy: str = "") -> None:
    folder = Path(sys.executable).parent
    path = folder / program
    if not path.exists():
        raise SystemExit(f"{program} is not in {folder}: install the asset tools with `uv sync --group assets`.")
    done = subprocess.run(  # noqa: S603 - our own programs and arguments
        [str(path), *arguments], cwd=ROOT, env={**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{program} {arguments[0]} failed:\n{done.stdout}{done.stderr}\n{remedy}".rstrip())


def _hash_of(inputs: list[str]) -> str:
    digest = hashlib.sha256()
    for path in _files(inputs):
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files(inputs: list[str]) -> Iterator[Path]:
    for name in inputs:
        path = ROOT / name
        if path.is_file():
            yield path
            continue
        for file in sorted(path.rglob("*")):
            inside = "static" in file.parts or name == "assets"
            if file.is_file() and inside and "__pycache__" not in file.parts and file.name != ".kapi-hash":
                yield file
