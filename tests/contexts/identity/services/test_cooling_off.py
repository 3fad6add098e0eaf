"""The day after a recovery, through the services."""

from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import StillCoolingOff, StrongerProofNeeded
from kapi.contexts.identity.models import Account, Authenticator
from kapi.contexts.identity.selectors.cooling_off import cooling_off_of
from kapi.contexts.identity.values import AuthenticatorId, ContactId, RenewedSession, SignedIn
from kapi.foundation.mailbox.selectors import latest_messages
from kapi.foundation.outbox.services import deliver_due
from tests import people
from tests.authenticator_apps import App, add_app, begin, finish, print_codes, recover
from tests.sent_codes import (
    EMAIL,
    PHONE,
    add_contact,
    add_step,
    code_of,
    finish_with_sent_code,
    remove_contact,
    send_second_step_code,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(hours=24)


@pytest.fixture
def owner(now: datetime) -> SignedIn:
    """A person who is signed in by password."""
    people.make_citizen(now=now)
    return people.sign_in(now=now).signed_in


@pytest.fixture
def app(owner: SignedIn, now: datetime) -> App:
    """Their app."""
    return add_app(owner, now=now)


def remove(signed_in: SignedIn, authenticator_id: int, now: datetime) -> None:
    """Remove an authenticator."""
    services.remove_authenticator(
        session_id=signed_in.session_id,
        authenticator_id=AuthenticatorId(authenticator_id),
        actor=signed_in.actor,
        now=now,
    )


def change_password(signed_in: SignedIn, now: datetime) -> RenewedSession:
    """Change the password."""
    return services.change_password(
        session_id=signed_in.session_id,
        current_password=people.PASSWORD,
        new_password="yedi sarı minder, beş kaşık",
        actor=signed_in.actor,
        now=now,
    )


def by_mail(step: AuthenticatorId, now: datetime) -> SignedIn:
    """Sign in with the password and a code by e-mail."""
    token = begin(now=now)
    code = code_of(send_second_step_code(token, step, now=now))
    return finish_with_sent_code(token, step, code, now=now).signed_in


class TestARecoveryCode:
    def test_opens_no_way_to_remove_what_was_there(self, owner: SignedIn, app: App, now: datetime) -> None:
        contact = add_contact(owner, now=now)
        codes, later = print_codes(owner, now=now), now + timedelta(hours=1)
        thief = recover(begin(now=later), codes[0], now=later).signed_in
        rows = list(Authenticator.objects.values_list("pk", flat=True))
        for authenticator_id in rows:
            with pytest.raises(StillCoolingOff) as refused:
                remove(thief, authenticator_id, later)
            assert refused.value.until == later + DAY
        with pytest.raises(StillCoolingOff):
            remove_contact(thief, contact, now=later)
        with pytest.raises(StillCoolingOff):
            print_codes(thief, now=later)
        assert list(Authenticator.objects.values_list("pk", flat=True)) == rows

    def test_nor_does_what_is_added_with_it_and_the_owner_removes_that(
        self, owner: SignedIn, app: App, now: datetime
    ) -> None:
        codes, later = print_codes(owner, now=now), now + timedelta(hours=1)
        owners = Authenticator.objects.order_by("pk")[0].pk
        thief = recover(begin(now=later), codes[0], now=later).signed_in
        moment = later + timedelta(minutes=1)
        theirs = add_app(thief, now=moment, name="x")
        moment += timedelta(minutes=1)
        by_theirs = finish(begin(now=moment), theirs.code(moment), now=moment).signed_in
        with pytest.raises(StillCoolingOff):
            remove(by_theirs, owners, moment)
        moment += timedelta(minutes=1)
        back = finish(begin(now=moment), app.code(moment), now=moment).signed_in
        remove(back, Authenticator.objects.get(name="x").pk, moment)
        remove(back, owners, moment)  # nothing keeps the owner from what is theirs

    def test_opens_no_way_to_change_the_password_that_the_owners_app_needs(
        self, owner: SignedIn, app: App, now: datetime
    ) -> None:
        codes, later = print_codes(owner, now=now), now + timedelta(hours=1)
        thief = recover(begin(now=later), codes[0], now=later).signed_in
        with pytest.raises(StillCoolingOff) as refused:
            change_password(thief, later)
        assert refused.value.until == later + DAY
        moment = later + timedelta(minutes=1)
        back = finish(begin(now=moment), app.code(moment), now=moment).signed_in  # the password is still the owner's
        assert change_password(back, moment).token
        assert not selectors.is_session_under_way(session_id=thief.session_id, now=moment)

    def test_keeps_no_owner_from_the_password_who_has_but_a_step_by_e_mail(
        self, owner: SignedIn, now: datetime
    ) -> None:
        """However often the thief begins another day: they who know the password and read the mail need no recovery."""
        step = add_step(owner, add_contact(owner, EMAIL, now=now), now=now)
        codes, later = print_codes(owner, now=now), now + timedelta(hours=1)
        recover(begin(now=later), codes[0], now=later)
        moment = later + DAY - timedelta(hours=1)
        thief = recover(begin(now=moment), codes[1], now=moment).signed_in
        with pytest.raises(StillCoolingOff):
            change_password(thief, moment)
        moment += timedelta(minutes=10)
        back = by_mail(step, moment)
        with pytest.raises(StrongerProofNeeded):
            remove(back, step, moment)
        assert change_password(back, moment).token

    def test_lets_no_thief_add_the_e_mail_that_the_password_is_changed_with(
        self, owner: SignedIn, app: App, now: datetime
    ) -> None:
        codes, later = print_codes(owner, now=now), now + timedelta(hours=1)
        thief = recover(begin(now=later), codes[0], now=later).signed_in
        step = add_step(thief, add_contact(thief, EMAIL, now=later), now=later)
        moment = later + timedelta(minutes=10)
        with pytest.raises(StillCoolingOff):
            change_password(by_mail(step, moment), moment)

    def test_keeps_nobody_longer_than_a_day(self, owner: SignedIn, app: App, now: datetime) -> None:
        codes, later = print_codes(owner, now=now), now + timedelta(hours=1)
        recover(begin(now=later), codes[0], now=later)
        again = later + DAY
        assert cooling_off_of(person_id=owner.person_id, now=again) is None
        back = finish(begin(now=again), app.code(again), now=again).signed_in
        assert print_codes(back, now=again)

    def test_keeps_nobody_from_the_password_longer_either(self, owner: SignedIn, app: App, now: datetime) -> None:
        codes, later = print_codes(owner, now=now), now + timedelta(hours=1)
        thief = recover(begin(now=later), codes[0], now=later).signed_in
        Account.objects.update(cooling_off_since=later - DAY, cooling_off_until=later)
        assert change_password(thief, later).token


class TestADesk:
    def test_leaves_the_contacts_and_tells_them(self, owner: SignedIn, now: datetime, settings: Settings) -> None:
        settings.DEMO = True
        contact: ContactId = add_contact(owner, now=now)
        later = now + timedelta(hours=1)
        code = services.recover_account(person_id=owner.person_id, actor=people.DESK, now=later).code
        deliver_due(limit=50, now=later)
        assert any("geri verildi" in message.body for message in latest_messages(to=PHONE.text))
        session = people.sign_in(now=later, password=code).signed_in
        services.choose_first_password(
            session_id=session.session_id, new_password=people.PASSWORD, actor=session.actor, now=later
        )
        thief = selectors.get_session(session_id=session.session_id, now=later)
        with pytest.raises(StillCoolingOff) as refused:
            remove_contact(thief, contact, now=later)
        assert refused.value.until == later + DAY
        assert change_password(thief, later).token  # it was chosen since: there is no former one to come back with
        new = add_contact(thief, EMAIL, now=later + timedelta(seconds=1))
        remove_contact(thief, new, now=later + timedelta(seconds=2))


class TestNotices:
    def test_reach_every_contact(self, owner: SignedIn, now: datetime, settings: Settings) -> None:
        settings.DEMO = True
        add_contact(owner, now=now)
        add_app(owner, now=now)
        codes = print_codes(owner, now=now)
        recover(begin(now=now), codes[0], now=now)
        remove(
            selectors.get_session(session_id=owner.session_id, now=now), Authenticator.objects.earliest("pk").pk, now
        )
        deliver_due(limit=50, now=now)
        told = " ".join(message.body for message in latest_messages(to=PHONE.text))
        for words in ("eklendi", "kaldırıldı", "kurtarma kodunuz kullanıldı"):
            assert words in told
