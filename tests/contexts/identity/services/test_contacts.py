"""Adding a contact by the code that is sent there, and removing one."""

from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import (
    ChallengeOver,
    CodeRefused,
    ContactKnown,
    ContactNotFound,
    ProveAgain,
    StrongerProofNeeded,
    TooManyCodes,
    TooManyContacts,
)
from kapi.contexts.identity.models import Contact, SentCode
from kapi.contexts.identity.rules import budgets, sent_codes
from kapi.contexts.identity.rules.contacts import MOST, TELL_FORMER_FOR
from kapi.contexts.identity.values import ContactKind, HistoryKind, SignedIn
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.limits.values import Budget
from kapi.foundation.mailbox.selectors import latest_messages
from kapi.foundation.outbox.models import OutboxEvent
from kapi.kernel.actors import system
from kapi.kernel.contacts import MobileNumber
from tests import people
from tests.authenticator_apps import add_app
from tests.sent_codes import (
    EMAIL,
    PHONE,
    add_contact,
    begin_contact,
    code_in_mailbox,
    code_of,
    confirm_contact,
    hand_over,
    remove_contact,
    wrong_code,
)

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def citizen(now: datetime) -> SignedIn:
    """A person who has signed in just now, by password."""
    people.make_citizen(now=now)
    return people.sign_in(now=now).signed_in


def phone(number: int) -> MobileNumber:
    """Return one of many numbers, each of a block of its own."""
    return MobileNumber.parse(f"05{number:02d}0000000")


def stored() -> str:
    """Return everything that stands in the two tables."""
    rows = [*Contact.objects.values(), *SentCode.objects.values()]
    return " ".join(str(bytes(v) if isinstance(v, memoryview) else v) for row in rows for v in row.values())


class TestBeginContact:
    def test_announces_a_code_and_keeps_neither_code_nor_contact_readable(
        self, citizen: SignedIn, now: datetime
    ) -> None:
        challenge_id = begin_contact(citizen, now=now)
        announced = OutboxEvent.objects.get(name="identity.code_requested.v1")
        assert announced.payload == {"challenge_id": challenge_id}
        assert code_of(challenge_id) not in stored()
        assert PHONE.digits not in stored()
        assert selectors.contacts_of(person_id=citizen.person_id) == ()

    def test_says_nothing_of_who_else_has_the_number(self, citizen: SignedIn, now: datetime) -> None:
        add_contact(citizen, now=now)
        people.make_citizen(now=now, number=people.OTHER_NUMBER)
        other = people.sign_in(now=now, number=people.OTHER_NUMBER).signed_in
        assert add_contact(other, now=now + 11 * SECOND)

    def test_refuses_one_that_they_have(self, citizen: SignedIn, now: datetime) -> None:
        add_contact(citizen, now=now)
        with pytest.raises(ContactKnown):
            begin_contact(citizen, now=now)

    def test_refuses_one_too_many_of_a_kind(self, citizen: SignedIn, now: datetime) -> None:
        for number in range(MOST):
            add_contact(citizen, phone(number), now=now + number * 11 * SECOND)
        later = now + timedelta(minutes=1)
        with pytest.raises(TooManyContacts):
            begin_contact(citizen, PHONE, now=later)
        assert add_contact(citizen, EMAIL, now=later)

    def test_asks_for_a_recent_proof_as_strong_as_they_have(self, citizen: SignedIn, now: datetime) -> None:
        with pytest.raises(ProveAgain):
            begin_contact(citizen, now=now + timedelta(minutes=11))

    def test_refuses_who_shows_the_password_only_beside_an_app(self, citizen: SignedIn, now: datetime) -> None:
        by_password = people.sign_in(now=now).signed_in
        add_app(citizen, now=now)
        with pytest.raises(StrongerProofNeeded):
            begin_contact(by_password, now=now)

    def test_destroys_the_code_that_was_asked_for_before(self, citizen: SignedIn, now: datetime) -> None:
        former = begin_contact(citizen, now=now)
        code = code_of(former)
        begin_contact(citizen, now=now)
        with pytest.raises(ChallengeOver):
            confirm_contact(citizen, former, code, now=now)
        assert bytes(SentCode.objects.get(pk=former).code_sealed) == b""


class TestLimits:
    def test_two_codes_in_ten_seconds_ten_in_five_minutes(self, citizen: SignedIn, now: datetime) -> None:
        sent = 0
        for seconds in range(0, 300, 5):
            with suppress(TooManyCodes):
                begin_contact(citizen, phone(seconds % 100), now=now + seconds * SECOND)
                sent += 1
        assert sent == 10

    def test_so_many_for_new_contacts_in_a_day(
        self, citizen: SignedIn, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert (Budget(20, timedelta(hours=24)),) == budgets.CONTACT_CODES
        monkeypatch.setattr(budgets, "CONTACT_CODES", (Budget(1, timedelta(hours=24)),))
        begin_contact(citizen, phone(1), now=now)
        with pytest.raises(TooManyCodes) as refusal:
            begin_contact(citizen, phone(2), now=now + timedelta(minutes=1))
        assert refusal.value.retry_after == timedelta(hours=24, minutes=-1)

    def test_no_stranger_makes_one_telephone_ring_for_long(
        self, citizen: SignedIn, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(budgets, "CODES_TO_ADDRESS", (Budget(1, timedelta(minutes=15)),))
        begin_contact(citizen, PHONE, now=now)
        people.make_citizen(now=now, number=people.OTHER_NUMBER)
        other = people.sign_in(now=now, number=people.OTHER_NUMBER).signed_in
        with pytest.raises(TooManyCodes):
            begin_contact(other, PHONE, now=now)
        assert begin_contact(other, EMAIL, now=now)

    def test_a_ceiling_for_each_block_of_numbers_against_pumping(
        self, citizen: SignedIn, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(budgets, "CODES_TO_BLOCK", (Budget(1, timedelta(hours=1)),))
        begin_contact(citizen, MobileNumber.parse("0531 120 00 01"), now=now)
        with pytest.raises(TooManyCodes) as refusal:
            begin_contact(citizen, MobileNumber.parse("0531 129 99 99"), now=now)
        assert refusal.value.retry_after == timedelta(hours=1)
        begin_contact(citizen, MobileNumber.parse("0531 130 00 00"), now=now + 11 * SECOND)

    def test_a_share_for_each_network(self, citizen: SignedIn, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(budgets, "CODES_FROM_NETWORK", (Budget(1, timedelta(minutes=5)),))
        begin_contact(citizen, phone(1), now=now, address="192.0.2.10")
        with pytest.raises(TooManyCodes):
            begin_contact(citizen, phone(2), now=now, address="192.0.2.200")
        begin_contact(citizen, phone(3), now=now + 11 * SECOND, address="198.51.100.1")


class TestConfirmContact:
    def test_makes_it_theirs_and_writes_it_down(self, citizen: SignedIn, now: datetime) -> None:
        contact_id = add_contact(citizen, now=now)
        [view] = selectors.contacts_of(person_id=citizen.person_id)
        assert (view.contact_id, view.kind, view.masked) == (contact_id, ContactKind.PHONE, "05** *** ** 67")
        written = AuditRecord.objects.get(action="identity.contact_added", subject_id=str(contact_id))
        assert written.details == {"person_id": citizen.person_id, "kind": "phone"}
        assert OutboxEvent.objects.filter(name="identity.contact_added.v1").count() == 1
        [newest] = selectors.sign_in_history(person_id=citizen.person_id, limit=1).entries
        assert newest.kind is HistoryKind.CONTACT_ADDED
        assert PHONE.digits not in stored()

    def test_takes_a_pasted_code_with_blanks(self, citizen: SignedIn, now: datetime) -> None:
        challenge_id = begin_contact(citizen, now=now)
        code = code_of(challenge_id)
        assert confirm_contact(citizen, challenge_id, f" {code[:3]}\u00a0{code[3:]}\n", now=now)

    def test_is_good_once_and_the_code_is_destroyed(self, citizen: SignedIn, now: datetime) -> None:
        challenge_id = begin_contact(citizen, now=now)
        code = code_of(challenge_id)
        confirm_contact(citizen, challenge_id, code, now=now)
        assert bytes(SentCode.objects.get(pk=challenge_id).code_sealed) == b""
        with pytest.raises(ChallengeOver):
            confirm_contact(citizen, challenge_id, code, now=now)

    def test_is_good_for_three_minutes(self, citizen: SignedIn, now: datetime) -> None:
        challenge_id = begin_contact(citizen, now=now)
        code, end = code_of(challenge_id), now + timedelta(minutes=3)
        assert timedelta(minutes=3) == sent_codes.VALID_FOR
        with pytest.raises(ChallengeOver):
            confirm_contact(citizen, challenge_id, code, now=end)
        assert confirm_contact(citizen, challenge_id, code, now=end - timedelta(microseconds=1))

    def test_hears_five_tries_and_then_not_even_the_right_one(self, citizen: SignedIn, now: datetime) -> None:
        challenge_id = begin_contact(citizen, now=now)
        code, wrong = code_of(challenge_id), wrong_code(challenge_id)
        for shown in (wrong, wrong, "", "abc", wrong):
            with pytest.raises(CodeRefused):
                confirm_contact(citizen, challenge_id, shown, now=now)
        with pytest.raises(ChallengeOver):
            confirm_contact(citizen, challenge_id, code, now=now)

    def test_is_for_the_session_that_has_asked(self, citizen: SignedIn, now: datetime) -> None:
        challenge_id = begin_contact(citizen, now=now)
        elsewhere = people.sign_in(now=now).signed_in
        with pytest.raises(ChallengeOver):
            confirm_contact(elsewhere, challenge_id, code_of(challenge_id), now=now)


class TestAskAgain:
    def test_sends_another_code_to_the_same_place(self, citizen: SignedIn, now: datetime, settings: Settings) -> None:
        settings.DEMO = True
        former = begin_contact(citizen, now=now)
        again = services.ask_again(
            session_id=citizen.session_id, challenge_id=former, address="192.0.2.10", actor=citizen.actor, now=now
        )
        hand_over(now=now)
        assert [message.to for message in latest_messages()] == [PHONE.text]  # the destroyed one is not sent
        assert confirm_contact(citizen, again, code_in_mailbox(PHONE), now=now)

    def test_knows_no_others_challenge(self, citizen: SignedIn, now: datetime) -> None:
        challenge_id = begin_contact(citizen, now=now)
        elsewhere = people.sign_in(now=now).signed_in
        with pytest.raises(ChallengeOver):
            services.ask_again(
                session_id=elsewhere.session_id,
                challenge_id=challenge_id,
                address="192.0.2.10",
                actor=elsewhere.actor,
                now=now,
            )


class TestNoteCodeSent:
    def test_is_what_the_one_who_waits_is_shown(self, citizen: SignedIn, now: datetime) -> None:
        challenge_id = begin_contact(citizen, now=now)
        for moment in (now + SECOND, now + 2 * SECOND):
            services.note_code_sent(challenge_id=challenge_id, actor=system("test"), now=moment)
        view = selectors.find_sent_code(session_id=citizen.session_id, challenge_id=challenge_id, now=now)
        assert view is not None
        assert (view.sent_at, view.shown, view.again_at) == (now + SECOND, PHONE.shown, now)

    def test_and_when_another_can_be_asked_for(self, citizen: SignedIn, now: datetime) -> None:
        begin_contact(citizen, now=now)
        challenge_id = begin_contact(citizen, now=now)
        view = selectors.find_sent_code(session_id=citizen.session_id, challenge_id=challenge_id, now=now + SECOND)
        assert view is not None
        assert (view.sent_at, view.again_at) == (None, now + 10 * SECOND)


class TestRemoveContact:
    def test_writes_it_down_and_tells_the_former_contact_for_a_week(self, citizen: SignedIn, now: datetime) -> None:
        contact_id = add_contact(citizen, now=now)
        remove_contact(citizen, contact_id, now=now)
        assert selectors.contacts_of(person_id=citizen.person_id) == ()
        assert AuditRecord.objects.filter(action="identity.contact_removed", subject_id=str(contact_id)).exists()
        assert OutboxEvent.objects.filter(name="identity.contact_removed.v1").count() == 1
        almost = now + TELL_FORMER_FOR - SECOND
        assert selectors.contacts_to_tell(person_id=citizen.person_id, now=almost) == (PHONE,)
        assert selectors.contacts_to_tell(person_id=citizen.person_id, now=now + TELL_FORMER_FOR) == ()

    def test_refuses_another_persons(self, citizen: SignedIn, now: datetime) -> None:
        contact_id = add_contact(citizen, now=now)
        people.make_citizen(now=now, number=people.OTHER_NUMBER)
        other = people.sign_in(now=now, number=people.OTHER_NUMBER).signed_in
        with pytest.raises(ContactNotFound):
            remove_contact(other, contact_id, now=now)

    def test_lets_it_be_added_again(self, citizen: SignedIn, now: datetime) -> None:
        remove_contact(citizen, add_contact(citizen, now=now), now=now)
        assert add_contact(citizen, now=now + 11 * SECOND)
        assert selectors.contacts_to_tell(person_id=citizen.person_id, now=now) == (PHONE,)


class TestForgetOldTraces:
    def test_forgets_codes_when_they_are_over_and_former_contacts_after_their_week(
        self, citizen: SignedIn, now: datetime
    ) -> None:
        remove_contact(citizen, add_contact(citizen, now=now), now=now)
        kept = add_contact(citizen, EMAIL, now=now)
        later = now + TELL_FORMER_FOR + SECOND
        services.forget_old_traces(limit=100, actor=system("test"), now=later)
        assert not SentCode.objects.exists()
        assert list(Contact.objects.values_list("pk", flat=True)) == [kept]
