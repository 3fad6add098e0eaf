"""The audit trail: how fast records are sealed, and how fast the chain is verified.

Peer of both: the bare reading of the same rows, as Python values and nothing more. On the kind of database that
KAPI_DATABASE_URL names, else SQLite; in a database of its own either way.
"""

import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import connection
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bench.figures import Figure, compared
from bench.scratch import scratch_database
from kapi.foundation.audit import services
from kapi.foundation.audit.chain import SEALED_COLUMNS
from kapi.foundation.audit.models import AuditRecord, AuditSeal
from kapi.foundation.audit.verification import Verification, verify
from kapi.kernel.actors import system

_ACTOR = system("bench")
_BATCH = 1000


def run(*, quick: bool) -> list[Figure]:
    """Append, seal and verify 1,000,000 records; `quick` takes 50,000."""
    rows = 50_000 if quick else 1_000_000
    now = datetime.now(UTC)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with scratch_database(), Progress(*columns, console=Console(stderr=True), transient=True) as bars:

        def bar(words: str) -> Callable[[int], None]:
            task = bars.add_task(words, total=rows)
            return lambda done: bars.update(task, completed=done)

        _append(rows, now, bar("appending"))
        progress = bar("sealing")
        sealing_s = _taken(
            lambda: services.seal_all(batch=_BATCH, most=rows, heads_file=None, now=now, progress=progress)
        )
        reading_s = _taken(lambda: _read(bar("reading")))
        progress = bar("verifying")
        found: list[Verification] = []
        verifying_s = _taken(
            lambda: found.append(verify(heads_file=None, progress=lambda done, _total: progress(done)))
        )
        most_bytes = _most_bytes(rows)
    if (found[0].sealed, found[0].first_bad_row) != (rows, None):
        raise RuntimeError(f"an honest chain was found wanting: {found[0]}")
    where = f"{rows} records, {connection.vendor}"
    peer = "bare reading of the rows"
    return [
        compared("audit verify", rows / verifying_s, "rows/s", peer=peer, peer_value=rows / reading_s, note=where),
        compared("audit seal", rows / sealing_s, "rows/s", peer=peer, peer_value=rows / reading_s, note=where),
        Figure("audit verify, most memory of Python", round(most_bytes / 2**20, 1), "MiB", note=where),
    ]


def _append(rows: int, now: datetime, progress: Callable[[int], None]) -> None:
    for start in range(0, rows, _BATCH):
        AuditRecord.objects.bulk_create(
            AuditRecord(
                at=now + timedelta(milliseconds=number),
                actor_kind=_ACTOR.kind,
                actor_id=_ACTOR.id,
                institution_code="",
                action="identity.session_started",
                subject_kind="session",
                subject_id=str(number),
                details={"person_id": number, "kind": "signed_in"},
            )
            for number in range(start, min(rows, start + _BATCH))
        )
        progress(start + _BATCH)


def _read(progress: Callable[[int], None]) -> None:
    seals = AuditSeal.objects.order_by("position").values_list("position", "record_id", "previous_hash", "hash")
    records = AuditRecord.objects.order_by("pk").values_list(*SEALED_COLUMNS)
    rows = zip(seals.iterator(chunk_size=2000), records.iterator(chunk_size=2000), strict=True)
    for done, _pair in enumerate(rows, start=1):
        if done % 10_000 == 0:
            progress(done)


def _most_bytes(rows: int) -> int:
    """Return the peak of Python's memory on a part of the chain: being watched makes the walk several times slower."""
    tracemalloc.start()
    verify(heads_file=None, last=min(rows, 50_000))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def _taken(deed: Callable[[], object]) -> float:
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began
