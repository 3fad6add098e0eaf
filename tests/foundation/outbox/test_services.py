"""Events are announced with the deed and delivered until done."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection, transaction
from pytest_django import Settings

from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.outbox import selectors, services
from kapi.foundation.outbox.models import OutboxDelivery, OutboxEvent
from kapi.kernel.actors import system
from kapi.kernel.events import Event

ACTOR = system("test")
seen: list[tuple[str, object]] = []


@dataclass(frozen=True, kw_only=True)
class SomethingHappened(Event):
    name = "test.something_happened.v1"
    number: int


def note(payload: dict[str, object], *, now: datetime) -> None:
    seen.append(("note", payload["number"]))


def other(payload: dict[str, object], *, now: datetime) -> None:
    seen.append(("other", payload["number"]))


class Death(BaseException):
    """Stands in for a process that is no more: nothing catches it."""


def kill(payload: dict[str, object], *, now: datetime) -> None:
    if payload["number"] == 1:
        raise Death
    seen.append(("kill", payload["number"]))


def fail(payload: dict[str, object], *, now: datetime) -> None:
    seen.append(("fail", payload["number"]))
    raise ValueError("broken")


@pytest.fixture(autouse=True)
def _reactions(settings: Settings) -> None:
    seen.clear()
    settings.OUTBOX_REACTIONS = {SomethingHappened.name: (f"{__name__}.note", f"{__name__}.fail")}


@pytest.mark.django_db(transaction=True)
class TestPublish:
    def test_is_refused_outside_a_transaction(self, now: datetime) -> None:
        with pytest.raises(RuntimeError, match="transaction"):
            services.publish(SomethingHappened(number=1), now=now)

    def test_is_forgotten_with_the_deed_that_failed(self, now: datetime) -> None:
        with transaction.atomic():
            services.publish(SomethingHappened(number=1), now=now)
            transaction.set_rollback(True)
        assert OutboxEvent.objects.count() == 0


@pytest.mark.django_db
class TestDeliverDue:
    def test_carries_each_event_to_each_reaction_once(self, now: datetime) -> None:
        services.publish(SomethingHappened(number=7), now=now)
        assert services.deliver_due(limit=10, now=now) == 2
        assert sorted(seen) == [("fail", 7), ("note", 7)]
        assert services.deliver_due(limit=10, now=now) == 0

    def test_tries_a_failed_reaction_again_later_and_leaves_the_others_alone(self, now: datetime) -> None:
        services.publish(SomethingHappened(number=7), now=now)
        services.deliver_due(limit=10, now=now)
        services.deliver_due(limit=10, now=now + timedelta(minutes=1))
        assert sorted(seen) == [("fail", 7), ("fail", 7), ("note", 7)]
        failed = OutboxDelivery.objects.get(done_at=None)
        assert (failed.attempts, failed.error) == (2, "ValueError")

    def test_takes_over_what_a_dead_worker_had_claimed_one_by_one(self, now: datetime) -> None:
        services.publish(SomethingHappened(number=7), now=now)
        OutboxDelivery.objects.update(leased_until=now + services.LEASE)
        assert services.deliver_due(limit=10, now=now) == 0
        late = now + services.LEASE + timedelta(seconds=1)
        assert [services.deliver_due(limit=10, now=late) for _ in range(3)] == [1, 1, 0]
        assert sorted(seen) == [("fail", 7), ("note", 7)]

    def test_parks_what_fails_again_and_again(self, now: datetime) -> None:
        services.publish(SomethingHappened(number=7), now=now)
        tries = 0
        while tries < 50 and services.deliver_due(limit=10, now=now + timedelta(hours=tries)):
            tries += 1
        row = OutboxDelivery.objects.get(done_at=None)
        assert (tries, row.attempts, row.error) == (services.MOST_ATTEMPTS, services.MOST_ATTEMPTS, "ValueError")
        assert row.parked_at == now + timedelta(hours=tries - 1)
        assert selectors.backlog() == selectors.Backlog(waiting=0, given_up=1, oldest_at=None)

    def test_parks_what_kills_its_worker_and_delivers_the_rest(self, now: datetime) -> None:
        settings_of_one(f"{__name__}.kill")
        for number in range(5):
            services.publish(SomethingHappened(number=number), now=now)
        deaths = 0
        for lease in range(8):
            try:
                while services.deliver_due(limit=10, now=now + lease * (services.LEASE + timedelta(seconds=1))):
                    pass
            except Death:
                deaths += 1
        parked = OutboxDelivery.objects.select_related("event").get(done_at=None)
        assert (parked.event.payload, parked.error) == ({"number": 1}, "WorkerDied")
        assert deaths == 3
        assert sorted(seen) == [("kill", number) for number in (0, 2, 3, 4)]

    def test_gives_each_reaction_its_share_and_lets_them_take_turns(self, now: datetime) -> None:
        settings_of_one(f"{__name__}.note")
        for number in range(20):
            services.publish(SomethingHappened(number=number), now=now)
        settings_of_one(f"{__name__}.other")
        services.publish(SomethingHappened(number=99), now=now + timedelta(seconds=1))
        assert services.deliver_due(limit=6, now=now + timedelta(seconds=2)) == 6
        assert ("other", 99) in seen[:2]
        assert [what for what in seen if what[0] == "note"] == [("note", number) for number in range(5)]

    def test_gives_back_what_it_does_not_get_to_in_time(self, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        settings_of_one(f"{__name__}.note")
        for number in range(4):
            services.publish(SomethingHappened(number=number), now=now)
        clock = iter([0.0, 1.0, 29.0, 31.0])
        monkeypatch.setattr(time, "monotonic", lambda: next(clock, 31.0))
        assert services.deliver_due(limit=10, now=now) == 2
        assert OutboxDelivery.objects.filter(done_at=None, leased_until=None).count() == 2


@pytest.mark.django_db
class TestRetryParked:
    def test_gives_all_tries_anew_and_is_written_down(self, now: datetime) -> None:
        parked = park(now)
        assert services.retry_parked(delivery_ids=[parked.pk, 10_000], actor=ACTOR, now=now) == 1
        row = OutboxDelivery.objects.get(pk=parked.pk)
        assert (row.attempts, row.parked_at, row.due_at, row.error) == (0, None, now, "")
        assert AuditRecord.objects.get().action == "outbox.retried"
        assert services.retry_parked(delivery_ids=[parked.pk], actor=ACTOR, now=now) == 0
        services.deliver_due(limit=10, now=now)
        assert ("fail", 7) in seen


@pytest.mark.django_db
class TestDropParked:
    def test_calls_it_done_and_is_written_down(self, now: datetime) -> None:
        parked = park(now)
        assert services.drop_parked(delivery_ids=[parked.pk], actor=ACTOR, now=now) == 1
        assert services.deliver_due(limit=10, now=now + timedelta(days=1)) == 0
        assert AuditRecord.objects.get().action == "outbox.dropped"
        assert selectors.parked() == []


@pytest.mark.django_db
class TestPrune:
    def test_forgets_events_that_are_over_and_nothing_else(self, now: datetime) -> None:
        old, later = now - services.KEEP_EVENTS - timedelta(seconds=1), now - timedelta(days=1)
        settings_of_one(f"{__name__}.note")
        for at in (old, old, later):
            services.publish(SomethingHappened(number=1), now=at)
        services.deliver_due(limit=10, now=now)
        waiting = park(old).event_id
        assert [services.prune(limit=1, now=now) for _ in range(3)] == [1, 1, 0]
        left = OutboxEvent.objects.order_by("pk").values_list("at", flat=True)
        assert list(left) == [later, old]
        assert OutboxEvent.objects.filter(pk=waiting).exists()

    def test_forgets_what_nobody_reacts_to(self, now: datetime) -> None:
        OutboxEvent.objects.create(name="x.y.v1", payload={}, at=now - timedelta(days=8))
        assert services.prune(limit=10, now=now) == 1


@pytest.mark.django_db
class TestParked:
    def test_are_listed_and_summed_up(self, now: datetime) -> None:
        first, second = park(now), park(now + timedelta(hours=1))
        assert [row.id for row in selectors.parked()] == [first.pk, second.pk]
        assert selectors.parked(reaction="kapi.other") == []
        assert selectors.parked_groups() == [
            selectors.ParkedGroup(f"{__name__}.fail", SomethingHappened.name, "ValueError", 2, now)
        ]


def park(now: datetime) -> OutboxDelivery:
    """Make an event whose one delivery is parked."""
    event = OutboxEvent.objects.create(name=SomethingHappened.name, payload={"number": 7}, at=now)
    return OutboxDelivery.objects.create(
        event=event, reaction=f"{__name__}.fail", due_at=now, attempts=12, parked_at=now, error="ValueError"
    )


def settings_of_one(reaction: str) -> None:
    """Let only this reaction answer from now on; the test's settings are put back after it."""
    settings.OUTBOX_REACTIONS = {SomethingHappened.name: (reaction,)}


@pytest.mark.django_db
class TestLookingForWork:
    @pytest.mark.parametrize(
        ("statement", "index"),
        [
            ("leased_until < %s ORDER BY leased_until, id", "outbox_leased"),
            ("leased_until IS NULL AND due_at <= %s ORDER BY due_at, id", "outbox_due_first"),
            ("reaction = 'a' AND due_at <= %s ORDER BY due_at, id", "outbox_due_by_reaction"),
        ],
    )
    def test_walks_an_index_of_what_waits(self, now: datetime, statement: str, index: str) -> None:
        """The planner is asked in the words of `_claim`; PostgreSQL's needs to be told that the table is not empty."""
        explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL enable_seqscan = off")
                cursor.execute("SET LOCAL enable_bitmapscan = off")
            cursor.execute(
                f"{explain} SELECT id FROM outbox_outboxdelivery WHERE done_at IS NULL AND parked_at IS NULL "
                f"AND {statement} LIMIT 100",
                [connection.ops.adapt_datetimefield_value(now)],
            )
            plan = " ".join(str(row) for row in cursor.fetchall())
        assert index in plan
