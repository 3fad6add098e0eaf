"""`kapi assets`: what browsers load, built from govuk-frontend's sources, our own styles and scripts."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from django.conf import settings
from django.core.management import call_command
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

ROOT: Final = settings.BASE_DIR
DIST: Final = ROOT / "src/kapi/sites/ui/static/ui/dist"
MODULES: Final = ROOT / "node_modules"
INPUTS: Final = ["package.json", "package-lock.json", "assets"]


@dataclass(frozen=True)
class Step:
    """A part of the work; it is done when its mark holds the hash of its inputs."""

    name: str
    mark: Path
    inputs: list[str]
    run: Callable[[], None]


def assets(
    force: Annotated[bool, typer.Option("--force", help="Build even if nothing has changed.")] = False,
    with_tests: Annotated[bool, typer.Option("--with-tests", help="Also install what browser tests need.")] = False,
) -> None:
    """Install the npm packages, build styles, scripts and fonts, collect all static files.

    Needs neither a system Node nor a network once done: a second run only looks whether anything has changed.
    """
    static_mark = settings.STATIC_ROOT.with_name("static.hash")
    steps = [
        _installation(with_tests=with_tests),
        Step("Building styles, scripts and fonts", DIST / ".kapi-hash", INPUTS, _build),
        Step("Collecting static files", static_mark, [*INPUTS, "src/kapi/sites"], _collect),
    ]
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        done = [_do(step, progress) for step in steps if force or not _is_done(step)]
    typer.echo("Assets are built." if done else "Assets are up to date.")


def _installation(*, with_tests: bool) -> Step:
    """What pages need is part of what tests need, so an installation with tests serves both."""
    packages = ["package.json", "package-lock.json"]
    everything = Step("Installing npm packages", MODULES / ".kapi-hash-with-tests", packages, _install_with_tests)
    if with_tests or _is_done(everything):
        return everything
    return Step("Installing npm packages", MODULES / ".kapi-hash", packages, _install)


def _is_done(step: Step) -> bool:
    return step.mark.exists() and step.mark.read_text() == _hash_of(step.inputs)


def _do(step: Step, progress: Progress) -> str:
    task = progress.add_task(step.name)
    step.run()
    step.mark.parent.mkdir(parents=True, exist_ok=True)
    step.mark.write_text(_hash_of(step.inputs))
    progress.remove_task(task)
    return step.name


def _install() -> None:
    _npm("--omit=dev")


def _install_with_tests() -> None:
    _npm("--include=dev")


def _npm(which: str) -> None:
    remedy = "Check the connection to the npm registry."
    _run("npm", "ci", which, "--no-audit", "--no-fund", "--ignore-scripts", remedy=remedy)


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
