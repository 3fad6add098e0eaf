"""A really started demo and a real browser, for journeys and the accessibility gate.

Both are started once for all tests of a process, so tests of several folders share them: none may end the password or
use up the limits of a person that another one signs in as.
"""

import json
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from tests.chromium import NODE, find_chromium
from tests.installation import Installation, make_installation

START_TIMEOUT_S = 300
DEMO_NUMBER = "10000000146"
DEMO_PASSWORD = "Kapi-Demo-2026!"


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

    def python(self, code: str) -> str:
        """Run a few lines inside the demo and return what they print."""
        theirs = {name: value for name, value in self.installation.environment.items() if name != "KAPI_SECRET_KEY"}
        return replace(self.installation, environment=theirs | {"KAPI_DEMO": "true"}).python(code)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The one browser of all tests; each opens contexts of its own in it."""
    program = find_chromium()
    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(NODE))
    # While Playwright's loop stands in this thread, Django takes every later test for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program.path, args=program.flags, env=program.environment or None
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """The gateway, its worker and two institutions, each a process of its own."""
    with make_installation(tmp_path_factory.mktemp("demo")) as installation:
        process = installation.start(
            "demo", "--port", str(_three_free_ports()), KAPI_LOG_LEVEL="DEBUG", PYTHONUNBUFFERED="1"
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
        is_ready.wait(START_TIMEOUT_S)
        assert process.poll() is None, "".join(lines)
        facts = json.loads((installation.data_dir / "demo.json").read_text(encoding="utf-8"))
        yield RunningDemo(installation, facts, lines)


def sign_in(context: BrowserContext, url: str, *, number: str = DEMO_NUMBER, password: str = DEMO_PASSWORD) -> None:
    """Sign a person in, as people do it."""
    page = context.new_page()
    page.goto(f"{url}/giris/")
    page.fill("[name=identity_number]", number)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda address: not address.endswith("/giris/"))
    page.close()


def give_passkeys(page: Page) -> CDPSession:
    """Let this page's browser have a device that makes passkeys and always says that it has checked its owner."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session


def _three_free_ports() -> int:
    """Find a port with two free neighbours above it."""
    for first in range(20_000 + os.getpid() % 997 * 10, 32_000, 3):
        if all(_is_free(port) for port in range(first, first + 3)):
            return first
    raise AssertionError("There are no three free ports in a row.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
