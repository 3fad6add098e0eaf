"""The portal at 10,000 services: home, service page and search at 100 requests/s, beside a bare "hello".

Requests leave at fixed moments (open loop) and their time counts from the planned moment, so that a slow answer delays
no later request's clock. Searches are the 234 judged queries of `demo/data/search_evaluation.csv`, one after the other;
service pages are 200 different ones. `kapi serve` and the "hello" run with one process per core; the load comes from
the same machine. The CPU counted is that of the server's own processes, not PostgreSQL's.
"""

import csv
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bench.databases import Database, databases, free_port
from bench.figures import Figure, compared, percentile
from bench.large_catalogue import large_catalogue
from bench.load import Loaded, load
from bench.progress import progress

SERVICES, DURATION_S = 10_000, 20.0
QUICK_SERVICES, QUICK_DURATION_S = 500, 3.0
RATE = 100.0
GOAL_P95_MS = 100
WARM_UP_S = 3.0
START_TIMEOUT_S = 60
PROCESSES = os.cpu_count() or 1
THREADS = 4
_STEPS = 1 + 2 * 4
_ROOT = Path(__file__).resolve().parents[1]
_BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Size:
    """How much is measured, and for how long."""

    services: int
    duration_s: float


def run(*, quick: bool) -> list[Figure]:
    """Measure on SQLite and on PostgreSQL (`bench.databases` says which)."""
    size = Size(QUICK_SERVICES, QUICK_DURATION_S) if quick else Size(SERVICES, DURATION_S)
    figures: list[Figure] = []
    with progress(steps=_STEPS) as begin:
        begin("hello")
        with _hello() as (port, group):
            hello = _measure(port, ["/"], size.duration_s, group)
        for database in databases():
            with tempfile.TemporaryDirectory(prefix="kapi-bench-") as folder:
                figures += _measure_portal(Path(folder), database, size, hello, begin)
    return figures


def _measure_portal(
    folder: Path, database: Database, size: Size, hello: Loaded, begin: Callable[[str], None]
) -> Iterator[Figure]:
    port = free_port()
    settings = _settings(folder, port) | database.environment
    begin(f"{database.name}: load {size.services:,} services")
    _fill(folder, settings, size.services)
    numbers = range(0, size.services, max(1, size.services // 200))
    pages = {
        "home": ["/"],
        "service page": [f"/hizmet/hizmet-{number}/" for number in numbers],
        "search": [f"/ara?q={quote(query)}" for query in _queries()],
    }
    command = [str(_BIN / "kapi"), "serve", "--port", str(port), "--processes", str(PROCESSES), "--threads"]
    with _process([*command, str(THREADS)], settings, port) as group:
        for name, paths in pages.items():
            begin(f"{database.name}: {name}")
            found = _measure(port, paths, size.duration_s, group)
            yield from _compare(name, found, hello, f"{database.name}, {size.services:,} services")


def _compare(name: str, found: Loaded, hello: Loaded, where: str) -> Iterator[Figure]:
    note = f"{where}, {RATE:.0f} requests/s for {len(found.seconds) / RATE:.0f} s, {found.failures} failures"
    peer = "hello on the same server"
    p95, peer_p95 = (percentile(loaded.seconds, 0.95) * 1000 for loaded in (found, hello))
    verdict = "met" if p95 <= GOAL_P95_MS and not found.failures else "missed"
    goal = f"{note}; goal {GOAL_P95_MS} ms {verdict}"
    yield compared(name, p95, "ms (p95)", peer=peer, peer_value=peer_p95, note=goal)
    rate, peer_rate = (len(loaded.seconds) / max(loaded.cpu_s, 0.01) for loaded in (found, hello))
    cost = f"{note}; {1000 / rate:.1f} ms of CPU each"
    yield compared(name, rate, "requests per CPU-second", peer=peer, peer_value=peer_rate, note=cost)


def _measure(port: int, paths: list[str], duration_s: float, group: int) -> Loaded:
    load(port=port, paths=paths, rate=RATE / 2, duration_s=WARM_UP_S, group=group)
    return load(port=port, paths=paths, rate=RATE, duration_s=duration_s, group=group)


def _queries() -> list[str]:
    with (_ROOT / "demo/data/search_evaluation.csv").open(encoding="utf-8", newline="") as file:
        return [row["query"] for row in csv.DictReader(file)]


def _fill(folder: Path, settings: dict[str, str], services: int) -> None:
    made = large_catalogue(services=services)
    _kapi(settings, "migrate")
    _kapi(settings, "assets")
    for number, *second in (("10000000696",), ("10000000764", "--another")):  # who answers for what is loaded
        _kapi(settings, "person", "operator", "--given-names", "Deneme", "--identity-number", number, *second)
    for noun, data in (
        ("institutions", made.institutions),
        ("categories", made.categories),
        ("catalogue", made.services),
    ):
        file = folder / f"{noun}.csv"
        file.write_bytes(data)
        _kapi(settings, "load", noun, str(file))


def _kapi(settings: dict[str, str], *arguments: str) -> None:
    done = subprocess.run(
        [str(_BIN / "kapi"), *arguments], env=settings, cwd=_ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"kapi {' '.join(arguments[:2])} failed:\n{done.stdout}{done.stderr}")


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
    port = free_port()
    command = [str(_BIN / "granian"), "--interface", "wsgi", "--port", str(port), "--log-level", "warning", "--no-ws"]
    command += ["--workers", str(PROCESSES), "--blocking-threads", str(THREADS), "bench.hello:application"]
    with _process(command, dict(os.environ) | {"PYTHONPATH": str(_ROOT)}, port) as group:
        yield port, group


@contextmanager
def _process(command: list[str], environment: dict[str, str], port: int) -> Iterator[int]:
    """Run a server until the block ends; give its process group."""
    process = subprocess.Popen(command, env=environment, cwd=_ROOT, start_new_session=True)
    try:
        end = time.monotonic() + START_TIMEOUT_S
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"{command[0]} did not start.")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
