"""Coming of age."""

from datetime import UTC, datetime, timedelta

import pytest

from kapi.contexts.identity import services
from kapi.contexts.identity.models import RegisterMark
from kapi.contexts.identity.values import BirthDate, PersonId
from kapi.foundation.outbox.models import OutboxEvent
from kapi.jobs import note_comings_of_age
from kapi.kernel.actors import system
from tests import people

pytestmark = pytest.mark.django_db
NUMBERS = people.make_numbers(6)
NOON = datetime(2026, 12, 30, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def announced() -> list[int]:
    rows = OutboxEvent.objects.filter(name="identity.came_of_age.v1").order_by("pk")
    return [row.payload["person_id"] for row in rows]


def born(index: int, **birth: int) -> PersonId:
    return people.register(now=NOON - 9 * DAY, number=NUMBERS[index], birth=BirthDate(**birth))


class TestNoteComingsOfAge:
    def test_announces_each_once_on_the_day_and_what_is_unknown_as_late_as_it_can_be(self) -> None:
        today = born(0, year=2008, month=12, day=30)
        tomorrow = [born(1, year=2008, month=12, day=31), born(2, year=2008, month=12), born(3, year=2008)]
        born(4, year=2008, month=12, day=29)
        born(5, year=2009, month=12, day=30)
        assert note_comings_of_age.run(now=NOON) == 1
        assert note_comings_of_age.run(now=NOON) == 0
        assert announced() == [today]
        assert note_comings_of_age.run(now=NOON + DAY) == 3
        assert announced() == [today, *tomorrow]

    def test_makes_up_for_days_that_no_worker_saw(self) -> None:
        note_comings_of_age.run(now=NOON)
        missed = born(0, year=2008, month=12, day=31)
        note_comings_of_age.run(now=NOON + 5 * DAY)
        assert announced() == [missed]

    def test_goes_on_where_a_batch_was_full(self) -> None:
        people_of_today = [born(index, year=2008, month=12, day=30) for index in range(3)]
        for expected in (2, 1, 0):
            assert services.note_comings_of_age(limit=2, actor=system("test"), now=NOON) == expected
        assert announced() == people_of_today
        assert RegisterMark.objects.get().mark.startswith("2026-12-30 ")

    def test_goes_by_the_day_here(self) -> None:
        born(0, year=2008, month=12, day=31)
        note_comings_of_age.run(now=NOON)
        assert note_comings_of_age.run(now=datetime(2026, 12, 30, 20, 59, tzinfo=UTC)) == 0
        assert note_comings_of_age.run(now=datetime(2026, 12, 30, 21, 1, tzinfo=UTC)) == 1
