"""Choosing and changing the password."""

from datetime import datetime, timedelta

import pytest

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import (
    NoPasswordYet,
    PasswordChosenAlready,
    PasswordRefused,
    SessionOver,
    SignInRefused,
    TooManyAttempts,
    WrongPassword,
)
from kapi.contexts.identity.values import HistoryKind, PasswordFault, RenewedSession, StartedSession
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.outbox.models import OutboxEvent
from kapi.kernel.actors import Actor, ActorKind
from tests.people import PASSWORD, issue, make_citizen, sign_in

pytestmark = pytest.mark.django_db
NEW = "üç kuru yaprak düştü"


def choose(started: StartedSession, now: datetime, password: str = NEW) -> RenewedSession:
    """Choose the first password."""
    return services.choose_first_password(
        session_id=started.signed_in.session_id, new_password=password, actor=started.signed_in.actor, now=now
    )


def change(started: StartedSession, now: datetime, current: str = PASSWORD, new: str = NEW) -> RenewedSession:
    """Change the password."""
    return services.change_password(
        session_id=started.signed_in.session_id,
        current_password=current,
        new_password=new,
        actor=started.signed_in.actor,
        now=now,
    )


class TestChooseFirstPassword:
    def test_puts_the_account_into_use_and_renews_the_session(self, now: datetime) -> None:
        person_id, issued = issue(now=now)
        started = sign_in(now=now, password=issued.code)
        renewed = choose(started, now)
        assert not renewed.signed_in.must_change_password
        assert selectors.find_session(token=started.token, now=now) is None
        assert selectors.find_session(token=renewed.token, now=now) == renewed.signed_in
        assert renewed.token not in repr(renewed)
        assert sign_in(now=now, password=NEW).signed_in.person_id == person_id

    def test_refuses_the_code_itself(self, now: datetime) -> None:
        _, issued = issue(now=now)
        started = sign_in(now=now, password=issued.code)
        with pytest.raises(PasswordRefused) as refusal:
            choose(started, now, f" {issued.code.lower()} ")
        assert refusal.value.fault is PasswordFault.SAME

    def test_refuses_an_obvious_one_and_can_be_tried_again(self, now: datetime) -> None:
        _, issued = issue(now=now)
        started = sign_in(now=now, password=issued.code)
        for password, fault in (("short", "too_short"), ("Deniz-Yılmaz-1990", "personal"), ("x" * 200, "too_long")):
            with pytest.raises(PasswordRefused) as refusal:
                choose(started, now, password)
            assert (refusal.value.fault.value, str(refusal.value)) == (fault, fault)
        assert choose(started, now).token

    def test_is_for_sealed_codes_only(self, now: datetime) -> None:
        make_citizen(now=now)
        with pytest.raises(PasswordChosenAlready):
            choose(sign_in(now=now), now)

    def test_is_over_with_the_session(self, now: datetime) -> None:
        _, issued = issue(now=now)
        started = sign_in(now=now, password=issued.code)
        with pytest.raises(SessionOver):
            choose(started, now + timedelta(minutes=15))


class TestChangePassword:
    def test_renews_this_session_and_ends_all_others(self, now: datetime) -> None:
        make_citizen(now=now)
        started, other = sign_in(now=now), sign_in(now=now)
        renewed = change(started, now)
        assert selectors.find_session(token=started.token, now=now) is None
        assert selectors.find_session(token=other.token, now=now) is None
        assert selectors.find_session(token=renewed.token, now=now) == renewed.signed_in
        with pytest.raises(SignInRefused):
            sign_in(now=now)
        assert sign_in(now=now, password=NEW).token

    def test_is_written_down_and_announced(self, now: datetime) -> None:
        person_id = make_citizen(now=now)
        change(sign_in(now=now), now)
        assert selectors.sign_in_history(person_id=person_id).entries[0].kind is HistoryKind.PASSWORD_CHANGED
        assert AuditRecord.objects.get(action="identity.password_changed").subject_id == str(person_id)
        assert OutboxEvent.objects.filter(name="identity.password_changed.v1").count() == 2  # chosen, then changed

    def test_asks_for_the_present_one_and_not_too_often(self, now: datetime) -> None:
        person_id = make_citizen(now=now)
        started = sign_in(now=now)
        for _ in range(5):
            with pytest.raises(WrongPassword):
                change(started, now, current="wrong")
        with pytest.raises(TooManyAttempts) as refusal:
            change(started, now)
        assert refusal.value.retry_after == timedelta(minutes=15)
        assert selectors.sign_in_history(person_id=person_id).entries[0].kind is HistoryKind.WRONG_SECRET

    def test_refuses_the_present_one_however_it_is_composed(self, now: datetime) -> None:
        make_citizen(now=now, password=NEW)
        started = sign_in(now=now, password=NEW)
        with pytest.raises(PasswordRefused) as refusal:
            change(started, now, current=NEW, new=NEW.replace("ü", "u\u0308"))
        assert refusal.value.fault is PasswordFault.SAME

    def test_is_not_for_sealed_codes(self, now: datetime) -> None:
        _, issued = issue(now=now)
        with pytest.raises(NoPasswordYet):
            change(sign_in(now=now, password=issued.code), now, current=issued.code)

    def test_is_refused_in_another_persons_session(self, now: datetime) -> None:
        make_citizen(now=now)
        started = sign_in(now=now)
        with pytest.raises(SessionOver):
            services.change_password(
                session_id=started.signed_in.session_id,
                current_password=PASSWORD,
                new_password=NEW,
                actor=Actor(ActorKind.PERSON, "0"),
                now=now,
            )
