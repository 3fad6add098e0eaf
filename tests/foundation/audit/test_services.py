"""Records are only ever inserted, and sealed in order."""

import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from kapi.foundation.audit import services
from kapi.foundation.audit.models import AuditMark, AuditRecord, AuditSeal
from kapi.foundation.audit.verification import verify
from kapi.kernel.actors import system
from tests.foundation.audit.trail import append

pytestmark = pytest.mark.django_db


class TestRecord:
    def test_can_neither_be_updated_nor_deleted(self, now: datetime) -> None:
        append(now, 1)
        with pytest.raises(DatabaseError, match="only ever inserted"), transaction.atomic():
            AuditRecord.objects.update(action="test.other")
        with pytest.raises(DatabaseError, match="only ever inserted"), transaction.atomic():
            AuditRecord.objects.all().delete()
        assert AuditRecord.objects.get().action == "test.done"


class TestRecordMany:
    def test_appends_one_row_for_each_subject(self, now: datetime) -> None:
        services.record_many(
            action="test.done", subject_kind="test", subjects={"a": {}, "b": {"n": 1}}, actor=system("test"), now=now
        )
        rows = AuditRecord.objects.order_by("pk").values_list("action", "subject_id", "details", "actor_id")
        assert list(rows) == [("test.done", "a", {}, "test"), ("test.done", "b", {"n": 1}, "test")]
        services.seal(limit=10, heads_file=None, now=now)
        assert verify(heads_file=None).sealed == 2


class TestSeal:
    def test_goes_on_where_it_stopped(self, now: datetime) -> None:
        append(now, 5)
        assert [services.seal(limit=2, heads_file=None, now=now) for _ in range(4)] == [2, 2, 1, 0]
        assert verify(heads_file=None).sealed == 5

    def test_in_batches_is_the_same_chain_as_at_once(self, now: datetime, tmp_path: Path) -> None:
        append(now, 7)
        heads, seen = tmp_path / "heads.jsonl", list[int]()
        done = services.seal_all(batch=2, most=100, heads_file=heads, now=now, progress=seen.append)
        assert (done, seen) == (7, [2, 4, 6, 7])
        assert verify(heads_file=heads).sealed == 7
        assert list(AuditSeal.objects.order_by("position").values_list("position", flat=True)) == [1, 2, 3, 4, 5, 6, 7]

    def test_stops_after_the_most(self, now: datetime) -> None:
        append(now, 7)
        assert services.seal_all(batch=2, most=5, heads_file=None, now=now) == 5
        assert services.lengths() == (5, 2)


def end_transaction_later(opened: threading.Event, may_end: threading.Event, now: datetime) -> None:
    """Take an id in a transaction that stays open until it may end."""
    try:
        with transaction.atomic():
            append(now, 1)
            opened.set()
            assert may_end.wait(60)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite writes one transaction at a time")
class TestLateTransaction:
    def test_is_sealed_though_higher_ids_were_before_it(self, now: datetime) -> None:
        opened, may_end = threading.Event(), threading.Event()
        late = threading.Thread(target=end_transaction_later, args=(opened, may_end, now))
        late.start()
        assert opened.wait(60)
        append(now, 2)
        sealed = [services.seal(limit=10, heads_file=None, now=now + timedelta(minutes=m)) for m in range(3)]
        may_end.set()
        late.join()
        sealed.append(services.seal(limit=10, heads_file=None, now=now + timedelta(minutes=3)))
        assert sealed == [2, 0, 0, 1]
        found = verify(heads_file=None)
        assert (found.sealed, found.unsealed_tail, found.first_bad_row) == (3, 0, None)
        last = AuditRecord.objects.order_by("-pk")[0].pk
        # Transactions of the whole server count, also those of other tests' databases: the mark waits for their end.
        assert any(_settles_at(last, now + timedelta(minutes=4 + attempt)) for attempt in range(600))


def _settles_at(record_id: int, now: datetime) -> bool:
    assert services.seal(limit=10, heads_file=None, now=now) == 0
    settled = AuditMark.objects.get().settled_id == record_id
    if not settled:
        time.sleep(0.1)
    return settled
