"""Events are announced with the deed and delivered until done."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from kapi.foundation.outbox import services
from kapi.foundation.outbox.models import OutboxDelivery, OutboxEvent
from kapi.kernel.events import Event

seen: list[tuple[str, object]] = []


@dataclass(frozen=True, kw_only=True)
class SomethingHappened(Event):
    name = "test.something_happened.v1"
    number: int


def note(payload: dict[str, object], *, now: datetime) -> None:
    seen.append(("note", payload["number"]))


def fail(payload: dict[str, object], *, now: datetime) -> None:
    seen.append(("fail", payload["number"]))
    raise ValueError("broken")


@pytest.fixture(autouse=True)
def _reactions(settings: pytest.FixtureRequest) -> None:
    seen.clear()
    settings.OUTBOX_REACTIONS = {SomethingHappened.name: (f"{__name__}.note", f"{__name__}.fail")}  # type: ignore[attr-defined]


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

    def test_takes_over_what_a_dead_worker_had_claimed(self, now: datetime) -> None:
        services.publish(SomethingHappened(number=7), now=now)
        OutboxDelivery.objects.update(leased_until=now + services.LEASE)
        assert services.deliver_due(limit=10, now=now) == 0
        assert services.deliver_due(limit=10, now=now + services.LEASE + timedelta(seconds=1)) == 2
