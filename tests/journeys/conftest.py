"""A really started demo, and real browsers."""

import json
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.commands.test_demo import three_free_ports
from tests.installation import Installation, make_installation

_REMEDY = "No Chromium: install the system's package `chromium`, or set KAPI_CHROMIUM to the path of one."
_FLAGS = (
    "--no-sandbox", "--headless=new", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
)  # fmt: skip


@dataclass
class RunningDemo:
    """`kapi demo` as anyone would start it, and all that its processes have written to their log at DEBUG."""

    installation: Installation
    facts: dict[str, Any]
    log: list[str] = field(default_factory=list)

    @property
    def gateway(self) -> str:
        """Where citizens reach the gateway."""
        return str(self.facts["gateway"])

    def institution(self, name: str) -> str:
        """Where citizens reach an institution."""
        return next(str(place["url"]) for place in self.facts["institutions"] if place["name"] == name)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """The gateway, its worker and two institutions, each a process of its own."""
    with make_installation(tmp_path_factory.mktemp("demo")) as installation:
        process = installation.start(
            "demo", "--port", str(three_free_ports()), KAPI_LOG_LEVEL="DEBUG", PYTHONUNBUFFERED="1"
        )
        lines: list[str] = []
        is_ready = threading.Event()

        def listen() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)
                if "Ctrl-C stops the demo" in line:
                    is_ready.set()
            is_ready.set()

        threading.Thread(target=listen, daemon=True).start()
        is_ready.wait(300)
        assert process.poll() is None, "".join(lines)
        facts = json.loads((installation.data_dir / "demo.json").read_text(encoding="utf-8"))
        yield RunningDemo(installation, facts, lines)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real browser."""
    path = os.environ.get("KAPI_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or ""
    assert Path(path).is_file(), _REMEDY
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield browser
        browser.close()
