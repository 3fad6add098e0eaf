"""The trail is read by time, the newest first, by an index whatever is asked for."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from kapi.foundation.audit import selectors
from kapi.foundation.audit.selectors import Place, RecordsAsked, each_record, records
from kapi.foundation.audit.services import record
from kapi.kernel.actors import Actor, ActorKind

pytestmark = pytest.mark.django_db

OFFICER = Actor(ActorKind.STAFF, "7", "20000001")
PROGRAM = Actor(ActorKind.CLIENT, "7")


def append(
    now: datetime, minutes: int, *, action: str = "test.done", subject: str = "1", actor: Actor = OFFICER
) -> None:
    """Write down a deed of so many minutes ago."""
    at = now - timedelta(minutes=minutes)
    record(action=action, subject_kind="test", subject_id=subject, actor=actor, now=at, details={"minutes": minutes})


def minutes_of(asked: RecordsAsked, before: Place | None = None, limit: int = 100) -> list[int]:
    """Return how long ago what was asked for was done, as it is listed."""
    return [view.details["minutes"] for view in records(asked=asked, before=before, limit=limit)]


class TestRecords:
    def test_come_the_newest_first_though_a_late_one_was_written_down_after_it(self, now: datetime) -> None:
        for minutes in (3, 1, 2):
            append(now, minutes)
        assert minutes_of(RecordsAsked()) == [1, 2, 3]

    def test_are_found_by_whoever_did_it(self, now: datetime) -> None:
        append(now, 1)
        append(now, 2, actor=PROGRAM)
        assert minutes_of(RecordsAsked(actor=("staff", "7"))) == [1]
        assert minutes_of(RecordsAsked(actor=("client", "7"))) == [2]
        assert minutes_of(RecordsAsked(actor=("staff", "8"))) == []

    def test_are_found_by_subject_action_and_both(self, now: datetime) -> None:
        append(now, 1)
        append(now, 2, action="test.undone")
        append(now, 3, subject="2")
        assert minutes_of(RecordsAsked(subject=("test", "1"))) == [1, 2]
        assert minutes_of(RecordsAsked(action="test.done")) == [1, 3]
        assert minutes_of(RecordsAsked(action="test.done", subject=("test", "2"))) == [3]

    def test_are_found_by_a_span_that_begins_with_its_first_moment_and_leaves_out_its_last(self, now: datetime) -> None:
        for minutes in (1, 2, 3, 4):
            append(now, minutes)
        span = RecordsAsked(since=now - timedelta(minutes=3), until=now - timedelta(minutes=1))
        assert minutes_of(span) == [2, 3]

    def test_hold_what_was_written_down(self, now: datetime) -> None:
        append(now, 0)
        (view,) = records(asked=RecordsAsked(), limit=1)
        assert (view.at, view.actor_kind, view.actor_id, view.institution_code) == (now, "staff", "7", "20000001")
        assert (view.action, view.subject_kind, view.subject_id, view.details) == (
            "test.done",
            "test",
            "1",
            {"minutes": 0},
        )

    def test_go_on_after_a_place_though_many_are_of_one_moment(
        self, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _ in range(5):
            append(now, 5)
        append(now, 9)
        seen: list[int] = []
        before = None
        with django_assert_num_queries(4):
            while page := records(asked=RecordsAsked(), before=before, limit=2):
                seen += [view.id for view in page]
                before = page[-1].place
        assert len(seen) == 6
        assert seen[:5] == sorted(seen[:5], reverse=True)
        assert len(set(seen)) == 6


class TestEachRecord:
    def test_gives_all_in_pieces(self, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(selectors, "_CHUNK", 2)
        for minutes in range(5):
            append(now, minutes)
        assert [view.details["minutes"] for view in each_record(asked=RecordsAsked(), most=100)] == [0, 1, 2, 3, 4]

    def test_stops_after_the_most(self, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(selectors, "_CHUNK", 2)
        for minutes in range(5):
            append(now, minutes)
        assert [view.details["minutes"] for view in each_record(asked=RecordsAsked(), most=3)] == [0, 1, 2]


class TestIndexes:
    """Nothing is sorted and nothing is walked over in vain, however long the trail is."""

    @pytest.mark.parametrize(
        ("asked", "index"),
        [
            (RecordsAsked(), "audit_by_time"),
            (RecordsAsked(actor=("staff", "7")), "audit_by_actor"),
            (RecordsAsked(subject=("test", "1")), "audit_by_subject_in_time"),
            (RecordsAsked(action="test.done"), "audit_by_action"),
        ],
    )
    def test_give_each_page_in_order(self, now: datetime, asked: RecordsAsked, index: str) -> None:
        since = now - timedelta(days=1)
        spanned = RecordsAsked(asked.actor, asked.subject, asked.action, since, now)
        for question in (asked, spanned):
            plan = plan_of(question, Place(now, 5))
            assert index in plan, plan
            assert "Sort" not in plan
            assert "TEMP B-TREE" not in plan


def plan_of(asked: RecordsAsked, before: Place) -> str:
    """Return how the database would go about it, with PostgreSQL told that the table is not as small as it is."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for way in ("seqscan", "sort", "bitmapscan", "incremental_sort"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
    return selectors._rows(asked, before)[:50].explain()
