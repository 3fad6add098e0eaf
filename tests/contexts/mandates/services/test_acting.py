"""Acting for somebody in a session."""

from datetime import datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from kapi.contexts.identity.errors import SessionOver
from kapi.contexts.identity.models import LegalPerson, Session
from kapi.contexts.identity.selectors import find_session, find_session_by_id, sign_in_history
from kapi.contexts.identity.values import HistoryKind, LegalPersonId, SignedIn, StartedSession
from kapi.contexts.mandates.errors import NotMandated
from kapi.contexts.mandates.models import Mandate
from kapi.contexts.mandates.services import act_for, hold_to_mandate, refresh_mandates, stop_acting
from kapi.foundation.audit.models import AuditRecord
from tests import people
from tests.contexts.mandates.register_in_tests import BAKERY, MILL, NAMES, WrittenRegister, company


@pytest.fixture
def started(register: WrittenRegister, db: None, now: datetime) -> StartedSession:
    """Somebody signed in who may act for the bakery."""
    people.make_citizen(now=now)
    register.says((people.NUMBER, BAKERY, "2020-01-01", "2026-11-30", ""))
    started = people.sign_in(now=now)
    refresh_mandates(person_id=started.signed_in.person_id, actor=started.signed_in.actor, now=now)
    return started


def begin(session: SignedIn, now: datetime) -> SignedIn:
    return act_for(session_id=session.session_id, principal_id=company(BAKERY), actor=session.actor, now=now)


def kinds(session: SignedIn) -> list[tuple[HistoryKind, str | None]]:
    entries = sign_in_history(person_id=session.person_id).entries
    return [(entry.kind, entry.legal_person) for entry in entries if entry.legal_person]


class TestActFor:
    def test_lets_the_session_act_and_says_so_in_history_and_trail(
        self, started: StartedSession, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        session = begin(started.signed_in, now)
        assert session.acting_for is not None
        assert session.acting_for.name == NAMES[BAKERY]
        with django_assert_num_queries(1):
            assert find_session(token=started.token, now=now) == session
        assert kinds(session) == [(HistoryKind.ACTING_FOR, NAMES[BAKERY])]
        assert AuditRecord.objects.filter(action="mandates.acting_begun", subject_kind="mandate").count() == 1

    def test_changes_nothing_the_second_time(self, started: StartedSession, now: datetime) -> None:
        assert begin(started.signed_in, now) == begin(started.signed_in, now)
        assert len(kinds(started.signed_in)) == 1
        assert AuditRecord.objects.filter(action="mandates.acting_begun").count() == 1

    def test_is_refused_without_a_mandate(self, started: StartedSession, now: datetime) -> None:
        session = started.signed_in
        stranger = LegalPerson.objects.create(
            name="Yabancı A.Ş.", tax_number_digest="x", tax_number_sealed=b"", mersis_number_sealed=b"", created_at=now
        )
        for principal_id in (LegalPersonId(stranger.pk), LegalPersonId(999_999)):
            with pytest.raises(NotMandated):
                act_for(session_id=session.session_id, principal_id=principal_id, actor=session.actor, now=now)

    def test_is_refused_before_and_after_the_term(self, started: StartedSession, now: datetime) -> None:
        for column, value in (("starts_at", now + timedelta(hours=1)), ("ended_at", now)):
            reason = {"end_reason": "revoked"} if column == "ended_at" else {}
            Mandate.objects.update(**{column: value}, **reason)
            with pytest.raises(NotMandated):
                begin(started.signed_in, now)

    def test_is_refused_to_who_represents_but_in_anothers_session(self, started: StartedSession, now: datetime) -> None:
        people.make_citizen(now=now, number=people.OTHER_NUMBER)
        other = people.sign_in(now=now, number=people.OTHER_NUMBER).signed_in
        for session_id, actor in (
            (other.session_id, started.signed_in.actor),
            (started.signed_in.session_id, other.actor),
        ):
            with pytest.raises(SessionOver):
                act_for(session_id=session_id, principal_id=company(BAKERY), actor=actor, now=now)
        with pytest.raises(NotMandated):
            act_for(session_id=other.session_id, principal_id=company(BAKERY), actor=other.actor, now=now)


class TestStopActing:
    def test_lets_the_session_act_for_its_person_again(self, started: StartedSession, now: datetime) -> None:
        session = begin(started.signed_in, now)
        for _twice in range(2):
            own = stop_acting(session_id=session.session_id, actor=session.actor, now=now)
            assert own.acting_for is None
        assert kinds(session) == [
            (HistoryKind.ACTING_FOR_ONESELF, NAMES[BAKERY]),
            (HistoryKind.ACTING_FOR, NAMES[BAKERY]),
        ]


class TestHoldToMandate:
    def test_asks_nothing_of_who_acts_for_oneself(
        self, started: StartedSession, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        session = started.signed_in
        with django_assert_num_queries(0):
            assert hold_to_mandate(signed_in=session, actor=session.actor, now=now) is session

    def test_asks_once_of_who_acts_for_another(
        self, started: StartedSession, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        session = begin(started.signed_in, now)
        with django_assert_num_queries(1):
            assert hold_to_mandate(signed_in=session, actor=session.actor, now=now) is session

    def test_ends_the_acting_with_the_mandate(
        self, register: WrittenRegister, started: StartedSession, now: datetime
    ) -> None:
        session = begin(started.signed_in, now)
        later = now + timedelta(minutes=2)
        register.says((people.NUMBER, MILL, "2020-01-01", "", ""))
        refresh_mandates(person_id=session.person_id, actor=session.actor, now=later)
        held = hold_to_mandate(signed_in=session, actor=session.actor, now=later)
        assert held.acting_for is None
        assert Session.objects.get(pk=session.session_id).acting_for is None
        assert kinds(session)[0] == (HistoryKind.MANDATE_ENDED, NAMES[BAKERY])

    def test_ends_the_acting_with_the_term(self, started: StartedSession, now: datetime) -> None:
        session = begin(started.signed_in, now)
        Mandate.objects.update(ends_at=now + timedelta(seconds=30))
        at_end = now + timedelta(seconds=30)
        assert hold_to_mandate(signed_in=session, actor=session.actor, now=at_end).acting_for is None

    def test_is_over_with_the_session(self, started: StartedSession, now: datetime) -> None:
        session = begin(started.signed_in, now)
        Mandate.objects.update(ends_at=now + timedelta(seconds=30))
        with pytest.raises(SessionOver):
            hold_to_mandate(signed_in=session, actor=session.actor, now=now + timedelta(days=2))


class TestSessions:
    def test_begin_for_oneself(self, started: StartedSession, now: datetime) -> None:
        begin(started.signed_in, now)
        again = people.sign_in(now=now).signed_in
        assert again.acting_for is None
        first = find_session_by_id(session_id=started.signed_in.session_id, now=now)
        assert first is not None
        assert first.acting_for is not None
