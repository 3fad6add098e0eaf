"""Verification notices every row that was altered, removed, moved or put in between, wherever it stands."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from kapi.foundation.audit import services, verification
from kapi.foundation.audit.chain import GENESIS, SEALED_COLUMNS, hash_of
from kapi.foundation.audit.models import AuditRecord, AuditSeal, AuditVerification
from kapi.foundation.audit.verification import VerificationKind, verify, verify_further
from kapi.kernel.actors import system
from tests.foundation.audit.trail import a_break_in, append, append_with_gaps, let_settle, put_record, run_sql

pytestmark = pytest.mark.django_db
ROWS = 12
ACTOR = system("test")


class TestVerify:
    def test_finds_nothing_wrong_with_an_honest_trail(self, now: datetime, tmp_path: Path) -> None:
        heads = tmp_path / "heads.jsonl"
        append(now)
        assert services.seal(limit=2, heads_file=heads, now=now) == 2
        found = verify(heads_file=heads)
        assert (found.sealed, found.unsealed_tail, found.first_bad_row) == (2, 1, None)

    def test_names_an_altered_row(self, now: datetime) -> None:
        rows = append(now)
        services.seal(limit=10, heads_file=None, now=now)
        with a_break_in():
            AuditRecord.objects.filter(pk=rows[1].pk).update(actor_id="someone-else")
        assert verify(heads_file=None).first_bad_row == rows[1].pk

    def test_names_a_removed_row(self, now: datetime) -> None:
        rows = append(now)
        services.seal(limit=10, heads_file=None, now=now)
        with a_break_in():
            run_sql("DELETE FROM audit_auditrecord WHERE id = %s", rows[1].pk)
        assert verify(heads_file=None).first_bad_row == rows[1].pk

    def test_names_swapped_rows(self, now: datetime) -> None:
        rows = append(now)
        services.seal(limit=10, heads_file=None, now=now)
        with a_break_in():
            for row, other in ((rows[0], rows[2]), (rows[2], rows[0])):
                AuditRecord.objects.filter(pk=row.pk).update(details=other.details, subject_id=other.subject_id)
        assert verify(heads_file=None).first_bad_row == rows[0].pk

    def test_names_a_row_whose_seal_was_forged_after_altering_it(self, now: datetime) -> None:
        rows = append(now)
        services.seal(limit=10, heads_file=None, now=now)
        with a_break_in():
            AuditRecord.objects.filter(pk=rows[0].pk).update(actor_id="someone-else")
            columns = AuditRecord.objects.values_list(*SEALED_COLUMNS).get(pk=rows[0].pk)
            AuditSeal.objects.filter(position=1).update(hash=hash_of(1, GENESIS, columns))
        assert verify(heads_file=None).first_bad_row == rows[1].pk

    def test_notices_a_chain_cut_short(self, now: datetime, tmp_path: Path) -> None:
        heads = tmp_path / "heads.jsonl"
        rows = append(now)
        services.seal(limit=10, heads_file=heads, now=now)
        with a_break_in():
            run_sql("DELETE FROM audit_auditseal WHERE position = 3")
            run_sql("DELETE FROM audit_auditrecord WHERE id = %s", rows[2].pk)
        found = verify(heads_file=heads)
        assert found.first_bad_row == 0
        assert "cut" in found.reason or "ends" in found.reason

    def test_takes_no_query_per_row(self, now: datetime, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
        append(now, 60)
        services.seal(limit=100, heads_file=None, now=now)
        with django_assert_max_num_queries(12):
            assert verify(heads_file=None).sealed == 60

    def test_shows_how_far_it_is(self, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(verification, "CHUNK", 4)
        append(now, 10)
        services.seal(limit=100, heads_file=None, now=now)
        seen: list[tuple[int, int]] = []
        verify(heads_file=None, progress=lambda done, total: seen.append((done, total)))
        assert seen == [(4, 10), (8, 10), (10, 10)]

    def test_reads_heads_in_any_order_and_passes_over_a_torn_line(self, now: datetime, tmp_path: Path) -> None:
        heads = tmp_path / "heads.jsonl"
        rows = append(now, 6)
        services.seal_all(batch=2, most=6, heads_file=heads, now=now)
        lines = heads.read_text().splitlines()
        heads.write_text("\n".join([*reversed(lines), lines[0][:20], ""]))
        assert verify(heads_file=heads).first_bad_row is None
        heads.write_text("\n".join([*reversed(lines), json.dumps({"position": 4, "hash": "f" * 64}), ""]))
        found = verify(heads_file=heads)
        assert (found.first_bad_row, found.reason) == (rows[3].pk, "differs from the exported head")


class TestVerifyPart:
    def test_proves_what_comes_after_the_seal_before_it(self, now: datetime, tmp_path: Path) -> None:
        heads = tmp_path / "heads.jsonl"
        rows = append(now, 8)
        services.seal_all(batch=1, most=8, heads_file=heads, now=now)
        with a_break_in():
            AuditRecord.objects.filter(pk=rows[2].pk).update(actor_id="x")
        parts = [
            verify(heads_file=heads, first=first, last=last) for first, last in ((1, 2), (1, 3), (4, 8), (4, None))
        ]
        assert [(part.sealed, part.first_bad_row) for part in parts] == [
            (2, None), (2, rows[2].pk), (8, None), (8, None),
        ]  # fmt: skip
        assert [part.at_end for part in parts] == [False, False, True, True]

    def test_finds_the_heads_of_its_part_in_a_long_file(self, now: datetime, tmp_path: Path) -> None:
        heads = tmp_path / "heads.jsonl"
        rows = append(now, 150)
        services.seal_all(batch=1, most=150, heads_file=heads, now=now)
        lines = heads.read_text().splitlines()
        for place in (1, 60, 120, 150):
            forged = [*lines]
            forged[place - 1] = json.dumps({"position": place, "hash": "f" * 64, "at": now.isoformat()})
            heads.write_text("\n".join(forged) + "\n")
            assert verify(heads_file=heads, first=place, last=place).first_bad_row == rows[place - 1].pk
            assert verify(heads_file=heads, first=place + 1).first_bad_row is None
        assert verify(heads_file=heads, first=120, last=149).first_bad_row is None

    def test_beyond_the_end_says_that_the_chain_is_short(self, now: datetime) -> None:
        append(now)
        services.seal(limit=10, heads_file=None, now=now)
        assert verify(heads_file=None, first=4).first_bad_row is None
        assert verify(heads_file=None, first=5).first_bad_row == 0


def alter(column: str, value: object) -> Callable[[list[int], int, datetime], int]:
    def deed(ids: list[int], place: int, now: datetime) -> int:
        AuditRecord.objects.filter(pk=ids[place]).update(**{column: value})
        return ids[place]

    return deed


def remove(ids: list[int], place: int, now: datetime) -> int:
    run_sql("DELETE FROM audit_auditrecord WHERE id = %s", ids[place])
    return ids[place]


def remove_with_its_seal(ids: list[int], place: int, now: datetime) -> int:
    run_sql("DELETE FROM audit_auditrecord WHERE id = %s", ids[place])
    return remove_the_seal(ids, place, now)


def remove_the_seal(ids: list[int], place: int, now: datetime) -> int:
    run_sql("DELETE FROM audit_auditseal WHERE position = %s", place + 1)
    return ids[place + 1] if place + 1 < len(ids) else ids[place]


def insert_before(ids: list[int], place: int, now: datetime) -> int:
    put_record(ids[place] - 5, now, 99)
    return ids[place] - 5


def insert_with_a_seal_before_all(ids: list[int], place: int, now: datetime) -> int:
    put_record(7, now, 99)
    AuditSeal.objects.create(position=-place, record_id=7, previous_hash=GENESIS, hash=GENESIS)
    return 7


def swap_with_the_last(ids: list[int], place: int, now: datetime) -> int:
    place = min(place, len(ids) - 2)
    one, other = AuditRecord.objects.get(pk=ids[place]), AuditRecord.objects.get(pk=ids[-1])
    for pk, content in ((one.pk, other), (other.pk, one)):
        AuditRecord.objects.filter(pk=pk).update(subject_id=content.subject_id, details=content.details)
    return ids[place]


def give_its_seal_to_another(ids: list[int], place: int, now: datetime) -> int:
    put_record(ids[place] - 5, now, place)
    AuditSeal.objects.filter(position=place + 1).update(record_id=ids[place] - 5)
    return ids[place] - 5


DEEDS = st.sampled_from(
    [
        alter("at", datetime(2026, 1, 1).astimezone()),
        alter("actor_kind", "person"),
        alter("actor_id", "else"),
        alter("institution_code", "10000001"),
        alter("action", "test.other"),
        alter("subject_kind", "other"),
        alter("subject_id", "77"),
        alter("details", {"n": -1}),
        remove,
        remove_with_its_seal,
        remove_the_seal,
        insert_before,
        insert_with_a_seal_before_all,
        swap_with_the_last,
        give_its_seal_to_another,
    ]
)


@pytest.fixture
def ids(now: datetime, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A sealed trail of three pieces, whose triggers somebody took away."""
    monkeypatch.setattr(verification, "CHUNK", 4)
    monkeypatch.setattr(verification, "_IDS", 5)
    made = append_with_gaps(now, ROWS)
    services.seal(limit=100, heads_file=None, now=now)
    let_settle()
    assert verify(heads_file=None).first_bad_row is None
    with a_break_in():
        return made


class TestAnyTampering:
    @given(deed=DEEDS, place=st.integers(0, ROWS - 1))
    @settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_is_found_wherever_it_was_done(
        self, ids: list[int], now: datetime, deed: Callable[[list[int], int, datetime], int], place: int
    ) -> None:
        with transaction.atomic():
            bad = deed(ids, place, now)
            found = verify(heads_file=None)
            assert found.first_bad_row == bad, found
            transaction.set_rollback(True)

    @pytest.mark.parametrize("place", [0, 3, 4, 7, 8, ROWS - 1])
    @pytest.mark.parametrize("deed", [remove, remove_with_its_seal, remove_the_seal, insert_before, swap_with_the_last])
    def test_is_found_at_the_ends_and_at_the_borders_of_pieces(
        self, ids: list[int], now: datetime, deed: Callable[[list[int], int, datetime], int], place: int
    ) -> None:
        bad = deed(ids, place, now)
        assert verify(heads_file=None).first_bad_row == bad


def further(kind: VerificationKind, now: datetime, limit: int = 4, heads: Path | None = None) -> int | None:
    return verify_further(kind=kind, limit=limit, heads_file=heads, actor=ACTOR, now=now).first_bad_row


class TestVerifyFurther:
    def test_goes_on_where_it_stopped_and_says_when_it_came_to_the_end(self, now: datetime) -> None:
        append(now, 10)
        services.seal(limit=100, heads_file=None, now=now)
        seen = []
        for minute in range(4):
            assert further(VerificationKind.LATEST, now + timedelta(minutes=minute)) is None
            row = AuditVerification.objects.get()
            seen.append((row.verified_to, row.completed_at and row.completed_at - now))
        assert seen == [(4, None), (8, None), (10, timedelta(minutes=2)), (10, timedelta(minutes=3))]
        assert verification.last_verified() == 10

    def test_leaves_alone_what_it_has_verified(
        self, now: datetime, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        rows = append(now, 10)
        services.seal(limit=100, heads_file=None, now=now)
        further(VerificationKind.LATEST, now, limit=100)
        with a_break_in():
            AuditRecord.objects.filter(pk=rows[0].pk).update(actor_id="x")
        with django_assert_max_num_queries(20):
            assert further(VerificationKind.LATEST, now) is None

    def test_goes_round_and_round_and_finds_what_was_touched_long_after(self, now: datetime) -> None:
        rows = append(now, 10)
        services.seal(limit=100, heads_file=None, now=now)
        kind = VerificationKind.ROUND
        assert [further(kind, now + timedelta(minutes=m)) for m in range(3)] == [None] * 3
        with a_break_in():
            AuditRecord.objects.filter(pk=rows[5].pk).update(actor_id="x")
        found = [further(kind, now + timedelta(minutes=3 + m)) for m in range(4)]
        assert found == [None, rows[5].pk, rows[5].pk, rows[5].pk]
        assert AuditVerification.objects.get().verified_to == 5
        faults = AuditRecord.objects.filter(action="audit.fault_found").values_list("subject_id", flat=True)
        assert list(faults) == [str(rows[5].pk)]

    def test_notices_that_what_it_verified_is_gone_or_another(self, now: datetime) -> None:
        rows = append(now, 6)
        services.seal(limit=100, heads_file=None, now=now)
        further(VerificationKind.LATEST, now, limit=100)
        with a_break_in():
            AuditSeal.objects.filter(position=6).update(hash="f" * 64)
            assert further(VerificationKind.LATEST, now) == rows[5].pk
            run_sql("DELETE FROM audit_auditseal WHERE position = 6")
            assert further(VerificationKind.LATEST, now) == 0

    def test_notices_a_chain_shorter_than_its_exported_head(self, now: datetime, tmp_path: Path) -> None:
        heads = tmp_path / "heads.jsonl"
        append(now, 6)
        services.seal(limit=100, heads_file=heads, now=now)
        further(VerificationKind.LATEST, now, limit=4, heads=heads)
        with a_break_in():
            run_sql("DELETE FROM audit_auditseal WHERE position = 6")
        assert further(VerificationKind.LATEST, now, limit=100, heads=heads) == 0


class TestVerifications:
    def test_are_shown_as_they_went(self, now: datetime) -> None:
        append(now)
        services.seal(limit=100, heads_file=None, now=now)
        further(VerificationKind.LATEST, now)
        assert verification.verifications() == [
            verification.VerificationRecord(VerificationKind.LATEST, now, 3, None, "", now)
        ]
