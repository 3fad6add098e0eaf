"""Mandates whose time is over are ended, and that is announced."""

from datetime import datetime, timedelta

import pytest

from kapi.contexts.identity.values import PersonId
from kapi.contexts.mandates.models import Mandate
from kapi.contexts.mandates.services import end_overdue_mandates, refresh_mandates
from kapi.foundation.outbox.models import OutboxEvent
from kapi.kernel.actors import system
from tests import people
from tests.contexts.mandates.register_in_tests import BAKERY, GARAGE, MILL, WrittenRegister

ACTOR = system("test")


@pytest.fixture
def person(register: WrittenRegister, db: None, now: datetime) -> PersonId:
    """A person with three mandates, one of which ends with this day."""
    person = people.register(now=now)
    register.says(
        (people.NUMBER, BAKERY, "2020-01-01", "2026-11-22", ""),
        (people.NUMBER, MILL, "2020-01-01", "2099-12-31", ""),
        (people.NUMBER, GARAGE, "2020-01-01", "", ""),
    )
    refresh_mandates(person_id=person, actor=ACTOR, now=now)
    return person


def ended() -> list[tuple[str, str]]:
    rows = Mandate.objects.exclude(ended_at=None).order_by("pk")
    return [(row.principal.name, row.end_reason) for row in rows.select_related("principal")]


class TestEndOverdueMandates:
    def test_ends_those_whose_term_is_over_once(self, person: PersonId, now: datetime) -> None:
        assert end_overdue_mandates(limit=10, actor=ACTOR, now=now) == 0
        tomorrow = now + timedelta(days=1)
        assert end_overdue_mandates(limit=10, actor=ACTOR, now=tomorrow) == 1
        assert end_overdue_mandates(limit=10, actor=ACTOR, now=tomorrow) == 0
        assert [reason for _name, reason in ended()] == ["expired"]
        assert OutboxEvent.objects.get(name="mandates.mandate_ended.v1").payload["reason"] == "expired"

    def test_ends_those_that_the_register_has_not_stated_for_a_week(self, person: PersonId, now: datetime) -> None:
        assert end_overdue_mandates(limit=10, actor=ACTOR, now=now + timedelta(days=7)) == 3
        assert sorted(reason for _name, reason in ended()) == ["expired", "silent", "silent"]

    def test_goes_on_where_it_stopped(self, person: PersonId, now: datetime) -> None:
        late = now + timedelta(days=8)
        assert [end_overdue_mandates(limit=2, actor=ACTOR, now=late) for _run in range(3)] == [2, 1, 0]

    def test_lets_the_register_state_it_anew(self, register: WrittenRegister, person: PersonId, now: datetime) -> None:
        late = now + timedelta(days=8)
        end_overdue_mandates(limit=10, actor=ACTOR, now=late)
        register.says((people.NUMBER, GARAGE, "2020-01-01", "", ""))
        refresh_mandates(person_id=person, actor=ACTOR, now=late)
        assert Mandate.objects.filter(ended_at=None).count() == 1
