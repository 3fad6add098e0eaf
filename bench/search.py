"""Search: how often people find what they look for, and how long it takes.

Quality: the 234 judged queries of `demo/data/search_evaluation.csv` on the demo catalogue, beside the database's own
full-text search over the same texts (PostgreSQL: configuration `turkish`; SQLite: FTS5 with diacritics removed).
Speed: the same queries on a catalogue of 10,000 services, one after the other in one process. On SQLite and on
PostgreSQL, each in a process of its own (`bench.search_here`), since settings name one database.
"""

import csv
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection

from bench.databases import Database, databases
from bench.figures import Figure, percentile
from bench.large_catalogue import large_catalogue
from bench.progress import progress
from bench.scratch import scratch_database
from kapi.contexts.catalogue import selectors, services
from kapi.contexts.institutions import services as institutions
from kapi.kernel.actors import Actor, system

DATA = Path(__file__).resolve().parents[1] / "demo/data"
GOAL_P95_MS = 50
_ACTOR: Actor = system("bench")
Search = Callable[[str, str], list[str]]


def run(*, quick: bool) -> list[Figure]:
    """Measure quality and speed on both databases; `quick` takes a catalogue of 2,000 services."""
    figures: list[Figure] = []
    with progress(steps=2) as begin:
        for database in databases():
            begin(database.name)
            figures += _measured_apart(database, quick=quick)
    return figures


def _measured_apart(database: Database, *, quick: bool) -> list[Figure]:
    kept = {name: value for name, value in os.environ.items() if name != "KAPI_DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "-m", "bench.search_here", *(["--quick"] if quick else [])],
        env=kept | database.environment, cwd=DATA.parents[1], stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    return [Figure(**values) for values in json.loads(done.stdout)]


def measure(*, quick: bool) -> list[Figure]:
    """Measure on the kind of database in the settings."""
    now = datetime.now(UTC)
    queries = judged_queries()
    with scratch_database():
        load_demo_catalogue(now)
        quality = _quality_rows(queries)
    with scratch_database():
        size = 2_000 if quick else 10_000
        load_s = _load_large(size, now)
        speed = _speed_rows([query for query, _, _ in queries], size)
    loaded = f"{connection.vendor}; goal 60 s for 10,000"
    return [*quality, Figure(f"load {size} services", round(load_s, 1), "s", note=loaded), *speed]


def judged_queries() -> list[tuple[str, str, set[str]]]:
    """Return each query, its kind, and the codes any of which is right."""
    with (DATA / "search_evaluation.csv").open(encoding="utf-8", newline="") as file:
        return [(row["query"], row["kind"], set(row["expected_codes"].split("|"))) for row in csv.DictReader(file)]


def load_demo_catalogue(now: datetime) -> None:
    """Load the institutions and services of the demo."""

    def read(name: str) -> bytes:
        return (DATA / f"{name}.csv").read_bytes()

    institutions.load_institutions(data=read("institutions"), author_id=1, approver_id=2, actor=_ACTOR, now=now)
    services.load_catalogue(
        categories=read("categories"),
        life_events=read("life_events"),
        services=read("services"),
        life_event_steps=read("life_event_steps"),
        places={"municipality": "https://m.example", "university": "https://u.example"},
        author_id=1,
        approver_id=2,
        progress=lambda done: None,
        actor=_ACTOR,
        now=now,
    )


def _load_large(size: int, now: datetime) -> float:
    files = large_catalogue(services=size)
    institutions.load_institutions(data=files.institutions, author_id=1, approver_id=2, actor=_ACTOR, now=now)
    services.load_categories(data=files.categories, author_id=1, approver_id=2, actor=_ACTOR, now=now)
    start = time.perf_counter()
    services.load_services(
        data=files.services, places={}, author_id=1, approver_id=2, progress=lambda done: None, actor=_ACTOR, now=now
    )
    taken = time.perf_counter() - start
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return taken


def _quality_rows(queries: list[tuple[str, str, set[str]]]) -> list[Figure]:
    name, peer = _database_search()
    ours, theirs = hits(queries, our_search), hits(queries, peer)
    kinds = Counter(kind for _, kind, _ in queries)
    rows = []
    for kind, count in [("all", len(queries)), *sorted(kinds.items())]:
        for place in ("first", "first five"):
            mine, other = ours[kind, place] / count, theirs[kind, place] / count
            ratio = round(mine / other, 2) if other else None
            what, note = f"{kind}, right in {place}", f"{count} queries, {connection.vendor}"
            rows.append(Figure(what, round(mine, 3), "share", name, round(other, 3), ratio, note))
    return rows


def hits(queries: list[tuple[str, str, set[str]]], search: Search) -> Counter[tuple[str, str]]:
    """Count right answers by kind of query, and for "all", in place "first" and "first five"."""
    found_right: Counter[tuple[str, str]] = Counter()
    for query, kind, expected in queries:
        found = search(query, "en" if kind == "english" else "tr")[:5]
        for group in ("all", kind):
            found_right[group, "first"] += bool(expected & set(found[:1]))
            found_right[group, "first five"] += bool(expected & set(found))
    return found_right


def our_search(query: str, language: str) -> list[str]:
    """Return the codes that the gateway's own search gives, the best first."""
    return [hit.code for hit in selectors.search(query=query, language=language, limit=5)]


def _database_search() -> tuple[str, Search]:
    """Index the same texts with the database's own full-text search, all words asked for."""
    with (DATA / "services.csv").open(encoding="utf-8", newline="") as file:
        texts = [
            (
                row["code"],
                " ".join([row["title_tr"], row["title_en"], row["synonyms"]]),
                " ".join([row["keywords_tr"], row["keywords_en"], row["summary_tr"], row["summary_en"]]),
            )
            for row in csv.DictReader(file)
        ]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("CREATE TABLE bench_text (code text, words tsvector)")
            cursor.executemany(
                "INSERT INTO bench_text VALUES (%s, setweight(to_tsvector('turkish', %s), 'A') || "
                "to_tsvector('turkish', %s))",
                texts,
            )
            return "PostgreSQL turkish", _postgresql
        cursor.execute(
            "CREATE VIRTUAL TABLE bench_text USING fts5(code UNINDEXED, title, summary, "
            "tokenize='unicode61 remove_diacritics 2')"
        )
        cursor.executemany("INSERT INTO bench_text VALUES (%s, %s, %s)", texts)
        return "SQLite FTS5 unicode61", _sqlite


def _postgresql(query: str, language: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT code FROM bench_text, websearch_to_tsquery('turkish', %s) q WHERE words @@ q "
            "ORDER BY ts_rank(words, q) DESC, code LIMIT 5",
            [query],
        )
        return [code for (code,) in cursor.fetchall()]


def _sqlite(query: str, language: str) -> list[str]:
    words = " ".join(f'"{word}"' for word in re.findall(r"\w+", query))
    with connection.cursor() as cursor:
        cursor.execute("SELECT code FROM bench_text WHERE bench_text MATCH %s ORDER BY rank LIMIT 5", [words])
        return [code for (code,) in cursor.fetchall()]


def _speed_rows(queries: list[str], size: int) -> list[Figure]:
    for query in queries[:20]:
        our_search(query, "tr")
    times = []
    cpu = time.process_time()
    for query in queries:
        start = time.perf_counter()
        selectors.search(query=query, language="tr", limit=20)
        times.append((time.perf_counter() - start) * 1000)
    cpu_ms = (time.process_time() - cpu) * 1000 / len(queries)
    where = f"{size} services, {connection.vendor}"
    return [
        Figure("search p50", round(percentile(times, 0.5), 1), "ms", note=where),
        Figure("search p95", round(percentile(times, 0.95), 1), "ms", note=f"{where}; goal {GOAL_P95_MS} ms"),
        Figure("search CPU of our process", round(cpu_ms, 1), "ms", note=where),
    ]
