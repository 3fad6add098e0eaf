"""The second step of signing in."""

from datetime import datetime, timedelta

import pytest

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import (
    CodeRefused,
    SecondStepNeeded,
    SecondStepOver,
    SessionOver,
    SignInRefused,
    TooManyAttempts,
)
from kapi.contexts.identity.models import BegunSignIn, HistoryRow, Session
from kapi.contexts.identity.rules import budgets
from kapi.contexts.identity.values import AssuranceLevel, EndReason, HistoryKind, Method, StartedSession
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.outbox.models import OutboxEvent
from kapi.kernel.actors import NOBODY
from tests import people
from tests.authenticator_apps import App, add_app, begin, finish, print_codes, recover

pytestmark = pytest.mark.django_db
HALF_MINUTE = timedelta(seconds=30)
ELSEWHERE = "198.51.100.7"


@pytest.fixture
def started(now: datetime) -> StartedSession:
    """A citizen who is signed in on a device of theirs."""
    people.make_citizen(now=now)
    return people.sign_in(now=now)


@pytest.fixture
def app(started: StartedSession, now: datetime) -> App:
    """The app that they have added, whose code of `now` is used up."""
    return add_app(started.signed_in, now=now)


@pytest.fixture
def later(now: datetime) -> datetime:
    """When the app shows another code."""
    return now + HALF_MINUTE


def kinds() -> list[str]:
    """Return what stands in the history, the latest first."""
    return list(HistoryRow.objects.order_by("-pk").values_list("kind", flat=True))


class TestSignInWithPassword:
    def test_opens_no_session_where_there_is_an_app(self, app: App, later: datetime) -> None:
        sessions = Session.objects.count()
        begin(now=later)
        assert Session.objects.count() == sessions
        assert kinds()[0] == HistoryKind.STEPPED_UP  # nothing more was written than when the app was added

    def test_opens_one_at_once_where_there_is_none(self, started: StartedSession) -> None:
        assert started.signed_in.amr == ("pwd",)
        assert not BegunSignIn.objects.exists()

    def test_says_nothing_of_the_app_to_who_does_not_know_the_password(self, app: App, later: datetime) -> None:
        with pytest.raises(SignInRefused):
            people.sign_in(now=later, password="wrong")
        assert not BegunSignIn.objects.exists()

    def test_shows_the_token_to_the_browser_only(self, app: App, later: datetime) -> None:
        with pytest.raises(SecondStepNeeded) as needed:
            people.sign_in(now=later)
        assert needed.value.token not in f"{needed.value!r} {needed.value}"
        assert needed.value.token not in str(list(BegunSignIn.objects.values()))


class TestFinishWithTotp:
    def test_starts_a_session_of_both_proofs(self, app: App, later: datetime) -> None:
        signed_in = finish(begin(now=later), app.code(later + timedelta(seconds=9)), now=later).signed_in
        assert signed_in.acr == AssuranceLevel.SUBSTANTIAL
        assert signed_in.amr == ("mfa", "otp", "pwd")
        assert [proof.method for proof in signed_in.proofs] == [Method.PASSWORD, Method.TOTP]
        assert kinds()[0] == HistoryKind.SIGNED_IN

    def test_says_that_it_was_proved_when_the_password_was_given(self, app: App, later: datetime) -> None:
        token, code_at = begin(now=later), later + timedelta(minutes=2)
        assert finish(token, app.code(code_at), now=code_at).signed_in.authenticated_at == later

    def test_takes_a_code_with_blanks(self, app: App, later: datetime) -> None:
        code = app.code(later)
        finish(begin(now=later), f" {code[:3]} {code[3:]}\n", now=later)

    def test_takes_no_code_twice(self, app: App, now: datetime, later: datetime) -> None:
        with pytest.raises(CodeRefused):
            finish(begin(now=later), app.code(now), now=later)  # the one that was shown when the app was added
        finish(begin(now=later), app.code(later), now=later)
        with pytest.raises(CodeRefused):
            finish(begin(now=later), app.code(later), now=later)
        with pytest.raises(CodeRefused):
            finish(begin(now=later), app.code(later - HALF_MINUTE), now=later)

    def test_is_good_once(self, app: App, later: datetime) -> None:
        token = begin(now=later)
        finish(token, app.code(later), now=later)
        with pytest.raises(SecondStepOver):
            finish(token, app.code(later + HALF_MINUTE), now=later)

    def test_is_good_for_ten_minutes(self, app: App, later: datetime) -> None:
        token, last = begin(now=later), later + timedelta(minutes=10)
        with pytest.raises(SecondStepOver):
            finish(token, app.code(last), now=last)
        almost = last - timedelta(microseconds=1)
        finish(token, app.code(almost), now=almost)

    def test_knows_no_token_of_its_own(self, app: App, later: datetime) -> None:
        begin(now=later)
        for token in ("", "x" * 43, "\x00", "ş" * 500):
            with pytest.raises(SecondStepOver):
                finish(token, app.code(later), now=later)

    def test_leaves_a_wrong_code_in_the_history(self, app: App, later: datetime) -> None:
        token = begin(now=later)
        for code in (app.wrong_code(later), "", "abcdef"):
            with pytest.raises(CodeRefused):
                finish(token, code, now=later)
        assert kinds()[:3] == [HistoryKind.WRONG_CODE] * 3
        finish(token, app.code(later), now=later)

    def test_is_over_once_the_password_was_changed(self, started: StartedSession, app: App, later: datetime) -> None:
        token, signed_in = begin(now=later), started.signed_in
        services.change_password(
            session_id=signed_in.session_id,
            current_password=people.PASSWORD,
            new_password="üç kuru yaprak düştü",
            actor=signed_in.actor,
            now=later,
        )
        with pytest.raises(SecondStepOver):
            finish(token, app.code(later), now=later)

    def test_is_over_once_a_desk_gave_the_account_back(
        self, started: StartedSession, app: App, later: datetime
    ) -> None:
        token = begin(now=later)
        services.recover_account(person_id=started.signed_in.person_id, actor=people.DESK, now=later)
        with pytest.raises(SecondStepOver):
            finish(token, app.code(later), now=later)

    def test_recognises_the_device(self, started: StartedSession, app: App, later: datetime) -> None:
        device = started.device_token
        again = finish(begin(now=later, device_token=device), app.code(later), now=later, device_token=device)
        assert again.device_token != device
        rows = Session.objects.filter(pk__in=[started.signed_in.session_id, again.signed_in.session_id])
        assert len(set(rows.values_list("device", flat=True))) == 1

    def test_takes_the_code_of_any_app_of_theirs(self, app: App, now: datetime, later: datetime) -> None:
        first = finish(begin(now=later), app.code(later), now=later)
        other = add_app(first.signed_in, now=later, name="Tabletim")
        after = later + HALF_MINUTE
        finish(begin(now=after), other.code(after), now=after)


class TestLimits:
    def test_stop_who_guesses(self, app: App, later: datetime) -> None:
        for _try in range(5):
            with pytest.raises(CodeRefused):
                finish(begin(now=later, address=ELSEWHERE), app.wrong_code(later), now=later, address=ELSEWHERE)
        with pytest.raises(TooManyAttempts):
            finish(begin(now=later, address=ELSEWHERE), app.code(later), now=later, address=ELSEWHERE)
        assert kinds()[0] == HistoryKind.LIMITED

    def test_stop_who_guesses_from_many_addresses(self, app: App, later: datetime) -> None:
        limit = budgets.SECOND_STEP_ACCOUNT[0].limit
        token = begin(now=later)
        for number in range(limit):
            with pytest.raises(CodeRefused):
                finish(token, app.wrong_code(later), now=later, address=f"198.51.100.{number}")
        with pytest.raises(TooManyAttempts):
            finish(token, app.code(later), now=later, address="203.0.113.99")
        assert kinds().count(HistoryKind.LIMITED) == 1

    def test_do_not_keep_the_owner_from_a_known_device(
        self, started: StartedSession, app: App, later: datetime
    ) -> None:
        stranger = begin(now=later, address=ELSEWHERE)
        for number in range(budgets.SECOND_STEP_ACCOUNT[0].limit + 3):
            with pytest.raises((CodeRefused, TooManyAttempts)):
                finish(stranger, app.wrong_code(later), now=later, address=f"198.51.100.{number}")
        device = started.device_token
        finish(begin(now=later, device_token=device), app.code(later), now=later, device_token=device)

    def test_do_not_keep_the_holder_of_a_printed_code_from_anywhere(
        self, started: StartedSession, app: App, later: datetime
    ) -> None:
        codes = print_codes(started.signed_in, now=later)
        stranger = begin(now=later, address=ELSEWHERE)
        for number in range(budgets.SECOND_STEP_ACCOUNT[0].limit + 3):
            with pytest.raises((CodeRefused, TooManyAttempts)):
                finish(stranger, app.wrong_code(later), now=later, address=f"198.51.100.{number}")
            with pytest.raises(CodeRefused):
                recover(stranger, "AAAA-AAAA-AAAA", now=later, address=f"198.51.100.{number}")
        recover(begin(now=later, address="203.0.113.5"), codes[0], now=later, address="203.0.113.5")

    def test_count_wrong_codes_only(self, app: App, later: datetime) -> None:
        moment = later
        for _time in range(8):
            finish(begin(now=moment), app.code(moment), now=moment)
            moment += HALF_MINUTE

    def test_hold_for_printed_codes_too(self, started: StartedSession, app: App, later: datetime) -> None:
        codes = print_codes(started.signed_in, now=later)
        token = begin(now=later)
        for _try in range(budgets.RECOVERY_CODE_ORIGIN[0].limit):
            with pytest.raises(CodeRefused):
                recover(token, "AAAA-AAAA-AAAA", now=later)
        with pytest.raises(TooManyAttempts):
            recover(token, codes[0], now=later)


class TestFinishWithRecoveryCode:
    def test_starts_a_session_as_strong_as_with_the_app(
        self, started: StartedSession, app: App, later: datetime
    ) -> None:
        codes = print_codes(started.signed_in, now=later)
        signed_in = recover(begin(now=later), codes[4].lower().replace("-", " "), now=later).signed_in
        assert signed_in.acr == AssuranceLevel.SUBSTANTIAL
        assert [proof.method for proof in signed_in.proofs] == [Method.PASSWORD, Method.RECOVERY_CODE]

    def test_uses_each_code_up(self, started: StartedSession, app: App, later: datetime) -> None:
        codes = print_codes(started.signed_in, now=later)
        person_id = started.signed_in.person_id
        for number, code in enumerate(codes, start=1):
            recover(begin(now=later), code, now=later)
            assert selectors.recovery_codes_left(person_id=person_id) == 10 - number
        for code in codes:
            with pytest.raises((CodeRefused, TooManyAttempts)):
                recover(begin(now=later), code, now=later)

    def test_is_announced_without_the_code(self, started: StartedSession, app: App, later: datetime) -> None:
        codes = print_codes(started.signed_in, now=later)
        recover(begin(now=later), codes[0], now=later)
        event = OutboxEvent.objects.get(name="identity.recovery_code_used.v1")
        audited = AuditRecord.objects.get(action="identity.recovery_code_used")
        assert event.payload["left"] == audited.details["left"] == 9
        assert HistoryKind.RECOVERY_CODE_USED in kinds()
        assert not [code for code in codes if code in f"{event.payload}{audited.details}"]

    def test_refuses_a_code_of_a_former_list(self, started: StartedSession, app: App, later: datetime) -> None:
        former = print_codes(started.signed_in, now=later)
        present = print_codes(started.signed_in, now=later)
        with pytest.raises(CodeRefused):
            recover(begin(now=later), former[0], now=later)
        recover(begin(now=later), present[0], now=later)

    def test_refuses_everything_without_a_list(self, app: App, later: datetime) -> None:
        for code in ("", "AAAA-AAAA-AAAA", app.code(later)):
            with pytest.raises(CodeRefused):
                recover(begin(now=later), code, now=later)

    def test_refuses_somebody_elses_code(self, started: StartedSession, app: App, later: datetime) -> None:
        people.make_citizen(now=later, number=people.OTHER_NUMBER)
        other = people.sign_in(now=later, number=people.OTHER_NUMBER)
        add_app(other.signed_in, now=later)
        codes = print_codes(other.signed_in, now=later)
        print_codes(started.signed_in, now=later)
        with pytest.raises(CodeRefused):
            recover(begin(now=later), codes[0], now=later)


class TestReauthenticate:
    def prove(self, started: StartedSession, now: datetime) -> str:
        with pytest.raises(SecondStepNeeded) as needed:
            services.reauthenticate(
                session_id=started.signed_in.session_id,
                identity_number=people.NUMBER,
                password=people.PASSWORD,
                address="192.0.2.10",
                device_token=None,
                user_agent=people.FIREFOX,
                actor=started.signed_in.actor,
                now=now,
            )
        return needed.value.token

    def test_asks_for_the_code_too_and_renews_the_same_session(
        self, started: StartedSession, app: App, later: datetime
    ) -> None:
        token = self.prove(started, later)
        renewed = finish(token, app.code(later), now=later)
        assert renewed.signed_in.session_id == started.signed_in.session_id
        assert renewed.signed_in.authenticated_at == later
        assert [proof.method for proof in renewed.signed_in.proofs] == [Method.PASSWORD, Method.TOTP]
        assert selectors.find_session(token=started.token, now=later) is None
        assert kinds()[0] == HistoryKind.REAUTHENTICATED

    def test_proves_nothing_before_the_code(self, started: StartedSession, app: App, later: datetime) -> None:
        self.prove(started, later)
        assert selectors.get_session(session_id=started.signed_in.session_id, now=later).authenticated_at < later

    def test_renews_no_session_that_has_ended(self, started: StartedSession, app: App, later: datetime) -> None:
        token = self.prove(started, later)
        services.end_session(
            session_id=started.signed_in.session_id,
            reason=EndReason.SIGNED_OUT,
            actor=started.signed_in.actor,
            now=later,
        )
        with pytest.raises(SessionOver):
            finish(token, app.code(later), now=later)


class TestFindBegunSignIn:
    def test_says_how_it_can_be_finished(self, started: StartedSession, app: App, later: datetime) -> None:
        token = begin(now=later)
        begun = selectors.find_begun_sign_in(token=token, now=later)
        assert begun is not None
        assert (begun.has_totp, begun.has_recovery_codes) == (True, False)
        print_codes(started.signed_in, now=later)
        begun = selectors.find_begun_sign_in(token=token, now=later)
        assert begun is not None
        assert (begun.has_totp, begun.has_recovery_codes) == (True, True)

    def test_finds_nothing_elsewhere_or_later(self, app: App, later: datetime) -> None:
        token = begin(now=later)
        assert selectors.find_begun_sign_in(token=token, now=later + timedelta(minutes=10)) is None
        assert selectors.find_begun_sign_in(token="", now=later) is None
        assert selectors.find_begun_sign_in(token="ş" * 300, now=later) is None


class TestForgetOldTraces:
    def test_forgets_what_was_begun_and_never_finished(self, app: App, later: datetime) -> None:
        begin(now=later)
        services.forget_old_traces(limit=100, actor=NOBODY, now=later)
        assert BegunSignIn.objects.count() == 1
        services.forget_old_traces(limit=100, actor=NOBODY, now=later + timedelta(minutes=11))
        assert not BegunSignIn.objects.exists()
