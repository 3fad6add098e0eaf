"""The audit trail notices every row that was altered, removed or moved."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from kapi.foundation.audit import services
from kapi.foundation.audit.models import AuditRecord, AuditSeal
from kapi.kernel.actors import system

triggers = importlib.import_module("kapi.foundation.audit.migrations.0002_only_inserts")
pytestmark = pytest.mark.django_db


@contextmanager
def a_break_in() -> Iterator[None]:
    """Someone with the database administrator's rights takes the triggers away."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP FUNCTION audit_only_inserts() CASCADE")
        else:
            for table in triggers.TABLES:
                cursor.execute(f"DROP TRIGGER {table}_no_update")
                cursor.execute(f"DROP TRIGGER {table}_no_delete")
    yield


def append(now: datetime, count: int = 3) -> list[AuditRecord]:
    for number in range(count):
        services.record(
            action="test.done",
            subject_kind="test",
            subject_id=str(number),
            actor=system("test"),
            now=now,
            details={"n": number},
        )
    return list(AuditRecord.objects.order_by("pk"))


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
        assert services.verify(heads_file=None).sealed == 2


class TestVerify:
    def test_finds_nothing_wrong_with_an_honest_trail(self, now: datetime, tmp_path: Path) -> None:
        heads = tmp_path / "heads.jsonl"
        append(now)
        assert services.seal(limit=2, heads_file=heads, now=now) == 2
        found = services.verify(heads_file=heads)
        assert (found.sealed, found.unsealed_tail, found.first_bad_row) == (2, 1, None)

    def test_names_an_altered_row(self, now: datetime) -> None:
        rows = append(now)
        services.seal(limit=10, heads_file=None, now=now)
        with a_break_in():
            AuditRecord.objects.filter(pk=rows[1].pk).update(actor_id="someone-else")
        assert services.verify(heads_file=None).first_bad_row == rows[1].pk

    def test_names_a_removed_row(self, now: datetime) -> None:
        rows = append(now)
        services.seal(limit=10, heads_file=None, now=now)
        with a_break_in(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM audit_auditrecord WHERE id = %s", [rows[1].pk])
        assert services.verify(heads_file=None).first_bad_row == rows[1].pk

    def test_names_swapped_rows(self, now: datetime) -> None:
        rows = append(now)
        services.seal(limit=10, heads_file=None, now=now)
        with a_break_in():
            for row, other in ((rows[0], rows[2]), (rows[2], rows[0])):
                AuditRecord.objects.filter(pk=row.pk).update(details=other.details, subject_id=other.subject_id)
        assert services.verify(heads_file=None).first_bad_row == rows[0].pk

    def test_names_a_row_whose_seal_was_forged_after_altering_it(self, now: datetime) -> None:
        rows = append(now)
        services.seal(limit=10, heads_file=None, now=now)
        with a_break_in():
            AuditRecord.objects.filter(pk=rows[0].pk).update(actor_id="someone-else")
            altered = AuditRecord.objects.get(pk=rows[0].pk)
            AuditSeal.objects.filter(position=1).update(hash=services._hash(1, services.GENESIS, altered))
        assert services.verify(heads_file=None).first_bad_row == rows[1].pk

    def test_notices_a_chain_cut_short(self, now: datetime, tmp_path: Path) -> None:
        heads = tmp_path / "heads.jsonl"
        rows = append(now)
        services.seal(limit=10, heads_file=heads, now=now)
        with a_break_in(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM audit_auditseal WHERE position = 3")
            cursor.execute("DELETE FROM audit_auditrecord WHERE id = %s", [rows[2].pk])
        found = services.verify(heads_file=heads)
        assert found.first_bad_row == 0
        assert "cut" in found.reason or "ends" in found.reason


class TestSeal:
    def test_goes_on_where_it_stopped(self, now: datetime) -> None:
        append(now, 5)
        assert [services.seal(limit=2, heads_file=None, now=now) for _ in range(4)] == [2, 2, 1, 0]
        assert services.verify(heads_file=None).sealed == 5
