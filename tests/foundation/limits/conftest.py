"""The stores of counters under test; Redis where there is one."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis
from pytest_django import Settings

_START_TIMEOUT_S = 60
_DATABASES = 16  # what a server has unless it is told otherwise


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Redis or Valkey server: KAPI_REDIS_URL, else one started here, else the test is left out.

    Processes that test at the same time take a database each: these tests begin by emptying theirs.
    """
    configured = os.environ.get("KAPI_REDIS_URL")
    if configured:
        number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
        yield urlsplit(configured)._replace(path=f"/{number % _DATABASES}").geturl()
        return
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        pytest.skip("no redis-server or valkey-server is installed, and KAPI_REDIS_URL names none")
    with _server(program, tmp_path_factory.mktemp("redis")) as url:
        yield url


class _server:  # noqa: N801 - reads as the verb it stands for
    """A server of our own on a free port, without a file."""

    def __init__(self, program: str, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        self.process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self) -> str:
        url = f"redis://127.0.0.1:{self.port}/0"
        client = redis.Redis.from_url(url)
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline:
            try:
                client.ping()
            except redis.ConnectionError:
                time.sleep(0.05)
            else:
                client.close()
                return url
        raise RuntimeError("redis-server does not start")

    def __exit__(self, *_error: object) -> None:
        self.process.terminate()
        self.process.wait(_START_TIMEOUT_S)


@pytest.fixture(params=["database", pytest.param("redis", marks=pytest.mark.redis)])
def store(request: pytest.FixtureRequest, settings: Settings) -> str:
    """Each store in turn, empty."""
    name: str = request.param
    settings.REDIS_URL = request.getfixturevalue("redis_url") if name == "redis" else ""
    if name == "redis":
        client = redis.Redis.from_url(settings.REDIS_URL)
        for key in client.scan_iter("kapi:limit:*"):
            client.delete(key)
        client.close()
    return name
