"""The gateway does not serve real people under a key that everyone can read."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django import Settings

from kapi.commands.safety import warn_of_proxies_addresses


def start(command: str, tmp_path: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KAPI_")}
    environment = kept | {"KAPI_DATA_DIR": str(tmp_path)} | settings
    program = [sys.executable, "-m", "kapi.commands.main", command]
    return subprocess.run(program, env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("command", ["serve", "work"])
def test_a_missing_key_is_refused_with_the_remedy(command: str, tmp_path: Path) -> None:
    refused = start(command, tmp_path)
    assert refused.returncode == 2
    assert "KAPI_SECRET_KEY" in refused.stderr
    assert "openssl rand" in refused.stderr


def test_the_demo_does_not_leave_this_machine_without_a_key(tmp_path: Path) -> None:
    refused = start("serve", tmp_path, KAPI_DEMO="true", KAPI_GATEWAY_URL="https://localhost.example")
    assert refused.returncode != 0
    assert "KAPI_SECRET_KEY" in refused.stderr


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    refused = start("serve", tmp_path, KAPI_SECRET_KEY="short")
    assert refused.returncode != 0
    assert "32" in refused.stderr


@pytest.mark.parametrize(
    ("address", "proxies", "warns"),
    [("https://kapi.example", 0, True), ("https://kapi.example", 1, False), ("http://localhost:8000", 0, False)],
)
def test_a_proxy_whose_address_would_be_everybodys_is_told_of(
    address: str, proxies: int, warns: bool, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.GATEWAY_URL, settings.TRUSTED_PROXIES = address, proxies
    with caplog.at_level("WARNING", logger="kapi"):
        warn_of_proxies_addresses()
    assert any("KAPI_TRUSTED_PROXIES" in line for line in caplog.messages) is warns
