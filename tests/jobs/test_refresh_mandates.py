"""The register is asked anew about those who act for somebody, and now and then about everybody else."""

from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.mandates.models import Inquiry, Mandate
from kapi.contexts.mandates.services import act_for, refresh_mandates
from kapi.jobs import refresh_mandates as job
from tests import people
from tests.contexts.mandates.fixtures import register
from tests.contexts.mandates.register_in_tests import BAKERY, WrittenRegister, company

__all__ = ["register"]

MINUTES = timedelta(minutes=1)


@pytest.fixture
def session(register: WrittenRegister, db: None, now: datetime) -> SignedIn:
    """Somebody signed in who may act for the bakery."""
    people.make_citizen(now=now)
    register.says((people.NUMBER, BAKERY, "2020-01-01", "", ""))
    session = people.sign_in(now=now).signed_in
    refresh_mandates(person_id=session.person_id, actor=session.actor, now=now)
    return session


def act(session: SignedIn, now: datetime) -> None:
    act_for(session_id=session.session_id, principal_id=company(BAKERY), actor=session.actor, now=now)


def stands() -> bool:
    return Mandate.objects.filter(ended_at=None).exists()


class TestRun:
    def test_hears_within_ten_minutes_that_who_is_acting_may_no_longer(
        self, register: WrittenRegister, session: SignedIn, now: datetime
    ) -> None:
        act(session, now)
        register.says()
        assert job.run(now=now + 9 * MINUTES) == 0
        assert stands()
        assert job.run(now=now + 10 * MINUTES) == 1
        assert not stands()

    def test_hears_within_a_day_of_everybody_else(
        self, register: WrittenRegister, session: SignedIn, now: datetime
    ) -> None:
        register.says()
        assert job.run(now=now + timedelta(hours=23)) == 0
        assert stands()
        assert job.run(now=now + timedelta(days=1)) == 1
        assert not stands()

    def test_asks_no_more_about_who_represents_nobody(
        self, register: WrittenRegister, session: SignedIn, now: datetime
    ) -> None:
        register.says()
        assert [job.run(now=now + timedelta(days=days)) for days in (1, 2, 3)] == [1, 0, 0]

    def test_leaves_a_register_that_is_down_alone_after_three_questions(
        self, register: WrittenRegister, session: SignedIn, now: datetime
    ) -> None:
        for place, number in enumerate(people.make_numbers(5)):
            person_id = people.register(now=now, number=number)
            row = Mandate.objects.get(representative_id=session.person_id)
            row.pk, row.representative_id = None, person_id
            row.save()
            Inquiry.objects.create(pk=person_id, asked_at=now - place * MINUTES, answered_at=now)
        register.is_down()
        tomorrow = now + timedelta(days=1)
        assert job.run(now=tomorrow) == 0
        assert Inquiry.objects.filter(asked_at=tomorrow).count() == 3
        assert Mandate.objects.filter(ended_at=None).count() == 6

    def test_asks_nobody_where_there_is_no_register(self, session: SignedIn, now: datetime, settings: Settings) -> None:
        settings.REPRESENTATIVES_REGISTER = ""
        assert job.run(now=now + timedelta(days=1)) == 0
        assert stands()

    def test_ends_what_is_overdue_though_the_register_is_down(
        self, register: WrittenRegister, session: SignedIn, now: datetime
    ) -> None:
        register.is_down()
        assert job.run(now=now + timedelta(days=8)) == 1
        assert not stands()
