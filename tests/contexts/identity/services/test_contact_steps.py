"""A second step by codes that are sent to a contact: switching it on, signing in with it, what it is worth."""

from datetime import datetime, timedelta

import pytest

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import (
    ChallengeOver,
    CodeRefused,
    ContactNotFound,
    StepKnown,
    StrongerProofNeeded,
    TooManyAttempts,
    TooManyCodes,
)
from kapi.contexts.identity.models import Authenticator, BegunSignIn, SentCode
from kapi.contexts.identity.rules import budgets
from kapi.contexts.identity.values import AssuranceLevel, AuthenticatorId, CodeUse, ContactId, Method, StartedSession
from kapi.foundation.limits.values import Budget
from kapi.kernel.contacts import ContactAddress
from tests import people
from tests.authenticator_apps import begin, print_codes, recover
from tests.sent_codes import (
    EMAIL,
    PHONE,
    add_contact,
    add_step,
    code_of,
    finish_with_sent_code,
    remove_contact,
    send_second_step_code,
    wrong_code,
)

pytestmark = pytest.mark.django_db
ELSEWHERE = "198.51.100.7"


@pytest.fixture
def started(now: datetime) -> StartedSession:
    """A citizen who is signed in by password, on a device of theirs."""
    people.make_citizen(now=now)
    return people.sign_in(now=now)


def with_step(started: StartedSession, now: datetime, contact: ContactAddress = PHONE) -> AuthenticatorId:
    """Give them a contact, and have signing in ask for codes sent there."""
    return add_step(started.signed_in, add_contact(started.signed_in, contact, now=now), now=now)


class TestAddStepByContact:
    @pytest.mark.parametrize(
        ("contact", "acr", "amr"),
        [
            (PHONE, AssuranceLevel.SUBSTANTIAL, ("mfa", "otp", "pwd", "sms")),
            (EMAIL, AssuranceLevel.LOW, ("pwd",)),
        ],
    )
    def test_counts_at_once_and_says_no_more_than_it_shows(
        self, started: StartedSession, now: datetime, contact: ContactAddress, acr: str, amr: tuple[str, ...]
    ) -> None:
        with_step(started, now, contact)
        found = selectors.get_session(session_id=started.signed_in.session_id, now=now)
        assert (found.acr, found.amr) == (acr, amr)
        assert acr == max(
            selectors.reachable_acrs(person_id=found.person_id),
            key=list(AssuranceLevel).index,  # type: ignore[arg-type]
        )

    def test_is_listed_with_the_contact(self, started: StartedSession, now: datetime) -> None:
        step_id = with_step(started, now)
        [view] = selectors.contacts_of(person_id=started.signed_in.person_id)
        assert view.step_id == step_id
        [authenticator] = selectors.authenticators_of(person_id=started.signed_in.person_id)
        assert (authenticator.kind, authenticator.name) == ("sms", PHONE.masked)

    def test_is_added_once(self, started: StartedSession, now: datetime) -> None:
        with_step(started, now)
        [view] = selectors.contacts_of(person_id=started.signed_in.person_id)
        with pytest.raises(StepKnown):
            add_step(started.signed_in, view.contact_id, now=now)

    def test_takes_no_code_that_was_sent_for_something_else(self, started: StartedSession, now: datetime) -> None:
        signed_in = started.signed_in
        add_contact(signed_in, EMAIL, now=now)
        challenge_id = services.begin_contact(
            session_id=signed_in.session_id, contact=PHONE, address="", actor=signed_in.actor, now=now
        )
        with pytest.raises(ChallengeOver):
            services.add_step_by_contact(
                session_id=signed_in.session_id,
                challenge_id=challenge_id,
                code=code_of(challenge_id),
                actor=signed_in.actor,
                now=now,
            )

    def test_knows_no_others_contact(self, started: StartedSession, now: datetime) -> None:
        with pytest.raises(ContactNotFound):
            add_step(started.signed_in, ContactId(12345), now=now)

    def test_goes_with_its_contact(self, started: StartedSession, now: datetime) -> None:
        with_step(started, now)
        [view] = selectors.contacts_of(person_id=started.signed_in.person_id)
        remove_contact(started.signed_in, view.contact_id, now=now)
        assert not Authenticator.objects.exists()
        assert people.sign_in(now=now).signed_in.amr == ("pwd",)

    def test_lets_recovery_codes_be_printed(self, started: StartedSession, now: datetime) -> None:
        with_step(started, now)
        codes = print_codes(started.signed_in, now=now)
        assert recover(begin(now=now), codes[0], now=now).signed_in.acr == AssuranceLevel.SUBSTANTIAL


class TestFinishWithSentCode:
    def test_starts_a_session_of_password_and_possession(self, started: StartedSession, now: datetime) -> None:
        step_id = with_step(started, now)
        token = begin(now=now)
        challenge_id = send_second_step_code(token, step_id, now=now)
        assert SentCode.objects.get(pk=challenge_id).use == CodeUse.SECOND_STEP
        code = code_of(challenge_id)
        signed_in = finish_with_sent_code(token, step_id, f"{code[:3]} {code[3:]}", now=now).signed_in
        assert (signed_in.acr, signed_in.amr) == (AssuranceLevel.SUBSTANTIAL, ("mfa", "otp", "pwd", "sms"))
        assert [proof.method for proof in signed_in.proofs] == [Method.PASSWORD, Method.SMS_CODE]
        assert not SentCode.objects.filter(pk=challenge_id).exists()  # it went with what was begun

    def test_by_e_mail_lifts_no_rung(self, started: StartedSession, now: datetime) -> None:
        step_id = with_step(started, now, EMAIL)
        token = begin(now=now)
        signed_in = finish_with_sent_code(
            token, step_id, code_of(send_second_step_code(token, step_id, now=now)), now=now
        ).signed_in
        assert (signed_in.acr, signed_in.amr) == (AssuranceLevel.LOW, ("pwd",))
        assert [proof.method for proof in signed_in.proofs] == [Method.PASSWORD, Method.EMAIL_CODE]

    def test_by_e_mail_opens_no_way_round_a_stronger_one(self, started: StartedSession, now: datetime) -> None:
        by_mail = with_step(started, now, EMAIL)
        with_step(started, now + timedelta(seconds=11), PHONE)
        token = begin(now=now)
        challenge_id = send_second_step_code(token, by_mail, now=now)
        weak = finish_with_sent_code(token, by_mail, code_of(challenge_id), now=now).signed_in
        with pytest.raises(StrongerProofNeeded):
            services.remove_authenticator(
                session_id=weak.session_id, authenticator_id=by_mail, actor=weak.actor, now=now
            )

    def test_takes_a_code_once_and_only_the_last_one(self, started: StartedSession, now: datetime) -> None:
        step_id = with_step(started, now)
        token = begin(now=now)
        former = code_of(send_second_step_code(token, step_id, now=now))
        last = send_second_step_code(token, step_id, now=now)
        if former != code_of(last):
            with pytest.raises(CodeRefused):
                finish_with_sent_code(token, step_id, former, now=now)
        with pytest.raises(CodeRefused):
            finish_with_sent_code(token, step_id, wrong_code(last), now=now)
        finish_with_sent_code(token, step_id, code_of(last), now=now)

    def test_takes_no_code_of_another_begun_sign_in(self, started: StartedSession, now: datetime) -> None:
        step_id = with_step(started, now)
        mine, other = begin(now=now), begin(now=now)
        code = code_of(send_second_step_code(mine, step_id, now=now))
        with pytest.raises(CodeRefused):
            finish_with_sent_code(other, step_id, code, now=now)

    def test_is_over_after_three_minutes(self, started: StartedSession, now: datetime) -> None:
        step_id = with_step(started, now)
        token = begin(now=now)
        code = code_of(send_second_step_code(token, step_id, now=now))
        with pytest.raises(CodeRefused):
            finish_with_sent_code(token, step_id, code, now=now + timedelta(minutes=3))
        assert BegunSignIn.objects.exists()  # another code may be asked for

    def test_hears_five_from_one_stranger_and_the_owner_still(self, started: StartedSession, now: datetime) -> None:
        step_id = with_step(started, now)
        thief = begin(now=now, address=ELSEWHERE)
        challenge_id = send_second_step_code(thief, step_id, now=now, address=ELSEWHERE)
        wrong = wrong_code(challenge_id)
        for _ in range(5):
            with pytest.raises(CodeRefused):
                finish_with_sent_code(thief, step_id, wrong, now=now, address=ELSEWHERE)
        with pytest.raises(TooManyAttempts):
            finish_with_sent_code(thief, step_id, wrong, now=now, address=ELSEWHERE)
        device = started.device_token
        mine = begin(now=now, device_token=device)
        code = code_of(send_second_step_code(mine, step_id, now=now, device_token=device))
        finish_with_sent_code(mine, step_id, code, now=now, device_token=device)

    def test_knows_no_other_persons_step(self, started: StartedSession, now: datetime) -> None:
        step_id = with_step(started, now)
        people.make_citizen(now=now, number=people.OTHER_NUMBER)
        other = people.sign_in(now=now, number=people.OTHER_NUMBER)
        add_step(other.signed_in, add_contact(other.signed_in, EMAIL, now=now), now=now)
        token = begin(now=now, number=people.OTHER_NUMBER)
        with pytest.raises(ContactNotFound):
            send_second_step_code(token, step_id, now=now)
        with pytest.raises(ContactNotFound):
            finish_with_sent_code(token, step_id, "123456", now=now)


class TestSendSecondStepCode:
    def test_strangers_who_spend_the_contacts_share_leave_a_known_device_its_own(
        self, started: StartedSession, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        step_id = with_step(started, now)
        monkeypatch.setattr(budgets, "CODES_TO_ADDRESS", (Budget(3, timedelta(minutes=15)),))  # two are spent
        thief = begin(now=now, address=ELSEWHERE)
        send_second_step_code(thief, step_id, now=now, address=ELSEWHERE)
        with pytest.raises(TooManyCodes):
            send_second_step_code(thief, step_id, now=now, address=ELSEWHERE)
        mine = begin(now=now, device_token=started.device_token)
        assert send_second_step_code(mine, step_id, now=now, device_token=started.device_token)

    def test_says_when_another_can_be_asked_for(self, started: StartedSession, now: datetime) -> None:
        step_id = with_step(started, now)
        token = begin(now=now)
        for _ in range(2):
            send_second_step_code(token, step_id, now=now)
        view = selectors.find_second_step_code(
            token=token, authenticator_id=step_id, address="192.0.2.10", device_token=None, now=now
        )
        assert view is not None
        assert (view.shown, view.again_at) == (PHONE.masked, now + timedelta(seconds=10))
