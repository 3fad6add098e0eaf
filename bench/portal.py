"""The portal at 10,000 services: home, service page and search at 100 requests/s, beside a bare "hello"."""

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg

from bench.figures import Figure, compared, percentile
from bench.large_catalogue import large_catalogue
from bench.load import Loaded, load

SERVICES, DURATION_S = 10_000, 20.0
QUICK_SERVICES, QUICK_DURATION_S = 500, 3.0
RATE = 100.0
WARM_UP_S = 2.0
START_TIMEOUT_S = 60
WORDS = ("adres", "vergi borcu", "öğrenci belgesi", "pasaprt", "araç muayene", "emekli maaş", "su abonelik", "tapu")
_BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Size:
    """How much is measured, and for how long."""

    services: int
    duration_s: float


def run(*, quick: bool) -> list[Figure]:
    """Measure on SQLite, and on PostgreSQL where KAPI_DATABASE_URL names a server on which we may create databases."""
    size = Size(QUICK_SERVICES, QUICK_DURATION_S) if quick else Size(SERVICES, DURATION_S)
    with _hello() as (port, group):
        hello = _measure(port, ["/"], size.duration_s, group)
    figures: list[Figure] = []
    for database, environment in _databases():
        with tempfile.TemporaryDirectory(prefix="kapi-bench-") as folder:
            where = f"{database}, {size.services:,} services"
            figures += _measure_portal(Path(folder), environment, where, size, hello)
    return figures


def _measure_portal(
    folder: Path, environment: dict[str, str], where: str, size: Size, hello: Loaded
) -> Iterator[Figure]:
    port = _free_port()
    settings = _settings(folder, port) | environment
    _fill(folder, settings, size.services)
    codes = range(0, size.services, max(1, size.services // 200))
    pages = {
        "home": ["/"],
        "service page": [f"/hizmet/hizmet-{number}/" for number in codes],
        "search": [f"/ara?q={quote(word)}" for word in WORDS],
    }
    with _process([str(_BIN / "kapi"), "serve", "--port", str(port)], settings, port) as group:
        for name, paths in pages.items():
            yield from _compare(name, _measure(port, paths, size.duration_s, group), hello, where)


def _compare(name: str, found: Loaded, hello: Loaded, where: str) -> Iterator[Figure]:
    note = f"{where}, {RATE:.0f} requests/s open loop, {found.failures} failures"
    peer = "hello on the same server"
    values = [percentile(loaded.seconds, 0.95) * 1000 for loaded in (found, hello)]
    yield compared(name, values[0], "ms (p95)", peer=peer, peer_value=values[1], note=note)
    values = [len(loaded.seconds) / max(loaded.cpu_s, 0.01) for loaded in (found, hello)]
    yield compared(name, values[0], "requests per CPU-second", peer=peer, peer_value=values[1], note=note)


def _measure(port: int, paths: list[str], duration_s: float, group: int) -> Loaded:
    load(port=port, paths=paths, rate=RATE / 2, duration_s=WARM_UP_S, group=group)
    return load(port=port, paths=paths, rate=RATE, duration_s=duration_s, group=group)


def _fill(folder: Path, settings: dict[str, str], services: int) -> None:
    made = large_catalogue(services=services)
    _kapi(settings, "migrate")
    _kapi(settings, "assets")
    for noun, data in (
        ("institutions", made.institutions),
        ("categories", made.categories),
        ("catalogue", made.services),
    ):
        file = folder / f"{noun}.csv"
        file.write_bytes(data)
        _kapi(settings, "load", noun, str(file), "--author", "1", "--approver", "2")


def _kapi(settings: dict[str, str], *arguments: str) -> None:
    done = subprocess.run([str(_BIN / "kapi"), *arguments], env=settings, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"kapi {' '.join(arguments[:2])} failed:\n{done.stdout}{done.stderr}")


def _databases() -> Iterator[tuple[str, dict[str, str]]]:
    yield "SQLite", {}
    server = os.environ.get("KAPI_DATABASE_URL", "")
    if not server.startswith("postgres"):
        return
    name = f"kapi_bench_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    try:
        yield "PostgreSQL", {"KAPI_DATABASE_URL": urlsplit(server)._replace(path=f"/{name}").geturl()}
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def _settings(folder: Path, port: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KAPI_")}
    return kept | {
        "KAPI_DATA_DIR": str(folder / "var"),
        "KAPI_GATEWAY_URL": f"http://localhost:{port}",
        "KAPI_SECRET_KEY": secrets.token_urlsafe(32),
        "KAPI_LOG_LEVEL": "WARNING",
    }


@contextmanager
def _hello() -> Iterator[tuple[int, int]]:
    port = _free_port()
    command = [str(_BIN / "granian"), "--interface", "wsgi", "--port", str(port), "--blocking-threads", "4"]
    environment = dict(os.environ) | {"PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    with _process(
        [*command, "--log-level", "warning", "--no-ws", "bench.hello:application"], environment, port
    ) as group:
        yield port, group


@contextmanager
def _process(command: list[str], environment: dict[str, str], port: int) -> Iterator[int]:
    """Run a server until the block ends; give its process group."""
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        end = time.monotonic() + START_TIMEOUT_S
        while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"{command[0]} did not start.")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
