"""The portal at 10,000 services: home, service page and search at 100 requests/s, beside a bare "hello".

Requests leave at fixed moments (open loop) and their time counts from the planned moment, so that a slow answer delays
no later request's clock. Searches are the 234 judged queries of `demo/data/search_evaluation.csv`, one after the other;
service pages are 200 different ones. `kapi serve` and the "hello" run with one process per core; the load comes from
the same machine. The CPU counted is that of the server's own processes, not PostgreSQL's.
"""

import csv
import os
import tempfile
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
from bench.servers import BIN, ROOT, gateway_settings, kapi, running

SERVICES, DURATION_S = 10_000, 20.0
QUICK_SERVICES, QUICK_DURATION_S = 500, 3.0
RATE = 100.0
GOAL_P95_MS = 100
WARM_UP_S = 3.0
PROCESSES = os.cpu_count() or 1
THREADS = 4
_STEPS = 1 + 2 * 4


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
    settings = gateway_settings(folder, port) | database.environment
    begin(f"{database.name}: load {size.services:,} services")
    _fill(folder, settings, size.services)
    numbers = range(0, size.services, max(1, size.services // 200))
    pages = {
        "home": ["/"],
        "service page": [f"/hizmet/hizmet-{number}/" for number in numbers],
        "search": [f"/ara?q={quote(query)}" for query in _queries()],
    }
    command = [str(BIN / "kapi"), "serve", "--port", str(port), "--processes", str(PROCESSES), "--threads"]
    with running([*command, str(THREADS)], settings, port) as group:
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
    with (ROOT / "demo/data/search_evaluation.csv").open(encoding="utf-8", newline="") as file:
        return [row["query"] for row in csv.DictReader(file)]


def _fill(folder: Path, settings: dict[str, str], services: int) -> None:
    made = large_catalogue(services=services)
    kapi(settings, "migrate")
    kapi(settings, "assets")
    for number, *second in (("10000000696",), ("10000000764", "--another")):  # who answers for what is loaded
        kapi(settings, "person", "operator", "--given-names", "Deneme", "--identity-number", number, *second)
    for noun, data in (
        ("institutions", made.institutions),
        ("categories", made.categories),
        ("catalogue", made.services),
    ):
        file = folder / f"{noun}.csv"
        file.write_bytes(data)
        kapi(settings, "load", noun, str(file))


@contextmanager
def _hello() -> Iterator[tuple[int, int]]:
    port = free_port()
    command = [str(BIN / "granian"), "--interface", "wsgi", "--port", str(port), "--log-level", "warning", "--no-ws"]
    command += ["--workers", str(PROCESSES), "--blocking-threads", str(THREADS), "bench.hello:application"]
    with running(command, dict(os.environ) | {"PYTHONPATH": str(ROOT)}, port) as group:
        yield port, group
