"""Signing in, and who is not let in."""

from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher
from pytest_django import Settings

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import (
    AnotherPerson,
    NoPasswordYet,
    SealedCodeSpent,
    SessionOver,
    SignInRefused,
    TooManyAttempts,
)
from kapi.contexts.identity.models import Account, HistoryRow, KnownDevice, Session
from kapi.contexts.identity.rules import budgets
from kapi.contexts.identity.values import EndReason, HistoryKind, StartedSession
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.limits.values import Budget
from kapi.foundation.outbox.models import OutboxEvent
from kapi.kernel.identifiers import IdentityNumber
from tests.people import (
    DESK,
    FIREFOX,
    NOBODYS_NUMBER,
    NUMBER,
    OTHER_NUMBER,
    PASSWORD,
    issue,
    make_citizen,
    make_numbers,
    register,
    sign_in,
)

pytestmark = pytest.mark.django_db


class TestSignInWithPassword:
    def test_starts_a_session_that_the_token_finds(self, now: datetime) -> None:
        person_id = make_citizen(now=now)
        started = sign_in(now=now)
        found = selectors.find_session(token=started.token, now=now)
        assert found == started.signed_in
        assert (found.person_id, found.display_name, found.must_change_password) == (person_id, "Deniz Yılmaz", False)
        assert (found.acr, found.amr) == ("urn:kapi:loa:low", ("pwd",))

    def test_keeps_neither_token_nor_address(self, now: datetime) -> None:
        make_citizen(now=now)
        started = sign_in(now=now, address="192.0.2.10")
        row = Session.objects.get(pk=started.signed_in.session_id)
        stored = " ".join(str(value) for value in vars(row).values())
        assert started.token not in stored
        assert (row.network, row.browser, row.system) == ("192.0.2.0/24", "Firefox", "Linux")
        assert started.token not in repr(started)
        assert started.device_token not in repr(started)

    def test_writes_history_audit_and_event(self, now: datetime) -> None:
        person_id = make_citizen(now=now)
        session_id = sign_in(now=now).signed_in.session_id
        assert HistoryRow.objects.filter(person_id=person_id, session_id=session_id, kind="signed_in").count() == 1
        assert AuditRecord.objects.filter(action="identity.session_started", subject_id=str(session_id)).exists()
        announced = OutboxEvent.objects.filter(name="identity.session_started.v1").order_by("-pk").first()
        assert announced is not None
        assert announced.payload == {"session_id": session_id, "person_id": person_id}

    def test_refuses_a_wrong_password_an_unknown_number_and_a_person_without_account_alike(self, now: datetime) -> None:
        make_citizen(now=now)
        register(now=now, number=OTHER_NUMBER)
        wrong = [(NUMBER, "wrong"), (OTHER_NUMBER, PASSWORD), (NOBODYS_NUMBER, PASSWORD)]
        for number, password in wrong:
            with pytest.raises(SignInRefused) as refusal:
                sign_in(now=now, number=number, password=password)
            assert (str(refusal.value), refusal.value.args) == ("", ())

    def test_shows_a_wrong_try_to_the_owner(self, now: datetime) -> None:
        person_id = make_citizen(now=now)
        with pytest.raises(SignInRefused):
            sign_in(now=now, password="wrong", address="198.51.100.7")
        newest = selectors.sign_in_history(person_id=person_id).entries[0]
        assert (newest.kind, newest.visitor.network) == (HistoryKind.WRONG_SECRET, "198.51.100.0/24")

    @pytest.mark.parametrize("password", ["", "\0", "\ud800", "ı" * 100_000, "İ\u0307", "😀" * 40])
    def test_refuses_any_text_without_stumbling(self, now: datetime, password: str) -> None:
        make_citizen(now=now)
        with pytest.raises(SignInRefused):
            sign_in(now=now, password=password)

    @pytest.mark.parametrize("address", ["", "unknown", "::1", "fe80::1%" + "x" * 300, "::ffff:192.0.2.1", "9" * 500])
    def test_takes_any_address_and_any_cookie(self, now: datetime, address: str) -> None:
        make_citizen(now=now)
        for device_token in ("", "ğ", "x" * 5000, "\ud800"):
            assert sign_in(now=now, address=address, device_token=device_token).token

    def test_makes_the_hash_anew_when_its_cost_has_changed(self, now: datetime) -> None:
        person_id = make_citizen(now=now)
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
        Account.objects.filter(pk=person_id).update(password_hash=f"argon2{cheap}")
        sign_in(now=now)
        assert "m=19456,t=2,p=1" in Account.objects.get(pk=person_id).password_hash
        assert sign_in(now=now).token


class TestSealedCode:
    def test_opens_a_session_that_may_only_choose_a_password(self, now: datetime) -> None:
        _, issued = issue(now=now)
        signed_in = sign_in(now=now, password=issued.code).signed_in
        assert signed_in.must_change_password
        assert signed_in.amr == ("otp",)

    def test_is_read_however_people_type_it(self, now: datetime) -> None:
        _, issued = issue(now=now)
        typed = f" {issued.code.replace('-', ' ').lower()} "
        assert sign_in(now=now, password=typed).signed_in.must_change_password

    def test_is_good_for_one_use(self, now: datetime) -> None:
        _, issued = issue(now=now)
        sign_in(now=now, password=issued.code)
        with pytest.raises(SealedCodeSpent):
            sign_in(now=now, password=issued.code)

    def test_lets_the_same_device_come_back_for_half_an_hour(self, now: datetime) -> None:
        _, issued = issue(now=now)
        first = sign_in(now=now, password=issued.code)
        soon, late = now + timedelta(minutes=20), now + timedelta(minutes=31)
        second = sign_in(now=soon, password=issued.code, device_token=first.device_token)
        assert selectors.find_session(token=first.token, now=soon) is None
        assert second.signed_in.must_change_password
        with pytest.raises(SealedCodeSpent):
            sign_in(now=late, password=issued.code, device_token=second.device_token)

    def test_expires(self, now: datetime) -> None:
        _, issued = issue(now=now)
        with pytest.raises(SealedCodeSpent):
            sign_in(now=issued.expires_at, password=issued.code)

    def test_is_void_once_another_was_issued(self, now: datetime) -> None:
        person_id, first = issue(now=now)
        second = services.issue_account(person_id=person_id, actor=DESK, now=now)
        with pytest.raises(SignInRefused):
            sign_in(now=now, password=first.code)
        assert sign_in(now=now, password=second.code).signed_in.must_change_password

    def test_is_void_once_a_password_was_chosen(self, now: datetime) -> None:
        _, issued = issue(now=now)
        started = sign_in(now=now, password=issued.code)
        services.choose_first_password(
            session_id=started.signed_in.session_id, new_password=PASSWORD, actor=started.signed_in.actor, now=now
        )
        with pytest.raises(SignInRefused):
            sign_in(now=now, password=issued.code, device_token=started.device_token)
        assert sign_in(now=now).token


def fail(now: datetime, *, times: int) -> None:
    """Fail so many times, five from each address."""
    for number in range(times):
        with pytest.raises((SignInRefused, TooManyAttempts)):
            sign_in(now=now, password="wrong", address=f"198.51.100.{1 + number // 5}")


class TestLimits:
    def test_hear_five_tries_of_one_origin_at_one_number(self, now: datetime) -> None:
        make_citizen(now=now)
        for _ in range(5):
            with pytest.raises(SignInRefused):
                sign_in(now=now, password="wrong")
        with pytest.raises(TooManyAttempts) as refusal:
            sign_in(now=now)
        assert refusal.value.retry_after == timedelta(minutes=15)
        assert sign_in(now=now + timedelta(minutes=15)).token

    def test_say_the_same_of_a_number_that_is_nobodys(self, now: datetime) -> None:
        told = []
        make_citizen(now=now)
        for number in (NUMBER, OTHER_NUMBER):
            heard = []
            for attempt in range(50):
                with pytest.raises((SignInRefused, TooManyAttempts)) as refusal:
                    sign_in(
                        now=now, number=number, password="wrong", address=f"198.51.{attempt // 4}.{number.digits[-1]}"
                    )
                heard.append((type(refusal.value).__name__, getattr(refusal.value, "retry_after", None)))
            told.append(heard)
        assert told[0] == told[1]
        assert ("TooManyAttempts", timedelta(hours=1)) in told[0]

    def test_count_who_comes_from_nowhere_by_number_and_take_nobody_for_one_origin(self, now: datetime) -> None:
        make_citizen(now=now)
        for _ in range(30):
            with pytest.raises(SignInRefused):
                sign_in(now=now, number=OTHER_NUMBER, password="wrong", address="")
        with pytest.raises(TooManyAttempts):
            sign_in(now=now, number=OTHER_NUMBER, password="wrong", address="unknown")
        for _ in range(31):
            with pytest.raises((SignInRefused, TooManyAttempts)):
                sign_in(now=now, number=NOBODYS_NUMBER, password="wrong", address="")
        assert sign_in(now=now, address="").token  # more than one address may try, and nobody is shut out
        assert budgets.at("", budgets.ORIGIN)[0].limit == 100 * budgets.at("192.0.2.1/32", budgets.ORIGIN)[0].limit

    def test_know_no_network_of_who_came_from_nowhere(self, now: datetime) -> None:
        make_citizen(now=now)
        sign_in(now=now, address="")
        fail(now, times=40)
        with pytest.raises(TooManyAttempts):
            sign_in(now=now, address="")

    def test_never_shut_out_the_owner_on_a_known_device(self, now: datetime) -> None:
        make_citizen(now=now)
        device_token = sign_in(now=now, address="203.0.113.9").device_token
        fail(now, times=40)
        with pytest.raises(TooManyAttempts):
            sign_in(now=now, address="203.0.114.200")
        assert sign_in(now=now, address="203.0.114.200", device_token=device_token).token

    def test_never_shut_out_the_owner_because_of_one_stranger(self, now: datetime) -> None:
        make_citizen(now=now)
        for _ in range(40):
            with pytest.raises((SignInRefused, TooManyAttempts)):
                sign_in(now=now, password="wrong", address="198.51.100.1")
        assert sign_in(now=now, address="203.0.114.200").token

    def test_let_the_owner_in_from_a_familiar_network(self, now: datetime) -> None:
        make_citizen(now=now)
        sign_in(now=now, address="192.0.2.10")
        fail(now, times=40)
        assert sign_in(now=now, address="192.0.2.99").token

    def test_know_a_familiar_network_after_the_secret_key_was_changed(self, now: datetime, settings: Settings) -> None:
        make_citizen(now=now)
        sign_in(now=now, address="192.0.2.10")
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new secret key " * 3
        fail(now, times=40)
        assert sign_in(now=now, address="192.0.2.99").token

    def test_tell_a_stranger_at_that_network_nothing(self, now: datetime) -> None:
        make_citizen(now=now)
        sign_in(now=now, address="192.0.2.10")
        fail(now, times=40)
        with pytest.raises(TooManyAttempts):
            sign_in(now=now, password="wrong", address="192.0.2.99")

    def test_never_shut_out_the_holder_of_a_sealed_code(self, now: datetime) -> None:
        _, issued = issue(now=now)
        fail(now, times=40)
        with pytest.raises(TooManyAttempts):
            sign_in(now=now, password="wrong", address="203.0.114.200")
        assert sign_in(now=now, password=issued.code, address="203.0.114.200").signed_in.must_change_password

    def test_give_a_known_device_tries_of_its_own(self, now: datetime) -> None:
        make_citizen(now=now)
        device_token = sign_in(now=now).device_token
        for _ in range(5):
            with pytest.raises(SignInRefused):
                sign_in(now=now, password="wrong", device_token=device_token)
        with pytest.raises(TooManyAttempts):
            sign_in(now=now, device_token=device_token)
        assert sign_in(now=now, address="203.0.114.200").token

    def test_stop_an_origin_that_tries_many_numbers(self, now: datetime) -> None:
        allowed = budgets.ORIGIN[0].limit
        numbers = make_numbers(allowed + 1)
        for number in numbers[:-1]:
            with pytest.raises(SignInRefused):
                sign_in(now=now, number=number, password="wrong")
        with pytest.raises(TooManyAttempts):
            sign_in(now=now, number=numbers[-1], password="wrong")

    def test_do_not_count_successes(self, now: datetime) -> None:
        make_citizen(now=now)
        for _ in range(30):
            assert sign_in(now=now).token

    def test_write_one_line_of_history_per_limit_reached(self, now: datetime) -> None:
        person_id = make_citizen(now=now)
        for _ in range(40):
            with pytest.raises((SignInRefused, TooManyAttempts)):
                sign_in(now=now, password="wrong")
        kinds = [row.kind for row in HistoryRow.objects.filter(person_id=person_id).order_by("pk")]
        assert (kinds.count("wrong_secret"), kinds.count("limited")) == (5, 1)


class TestPlaces:
    """A stranger behind the owner's own address, as in a school or a mobile network."""

    ADDRESS = "192.0.2.10"

    @pytest.fixture(autouse=True)
    def _a_stranger_used_up_the_origin(self, now: datetime) -> None:
        make_citizen(now=now)
        sign_in(now=now, address=self.ADDRESS)
        for _ in range(budgets.ORIGIN_AND_NUMBER[0].limit):
            with pytest.raises(SignInRefused):
                sign_in(now=now, address=self.ADDRESS, password="wrong")
        with pytest.raises(TooManyAttempts):
            sign_in(now=now, address=self.ADDRESS, password="wrong")

    def test_of_the_owner_stay_open_on_a_new_device(self, now: datetime) -> None:
        for _ in range(12):  # and a right password costs nothing
            assert sign_in(now=now, address=self.ADDRESS).token
        with pytest.raises(TooManyAttempts):
            sign_in(now=now, address=self.ADDRESS, password="wrong")

    def test_never_seen_before_do_not(self, now: datetime) -> None:
        strange = "198.51.100.7"
        for _ in range(budgets.ORIGIN_AND_NUMBER[0].limit):
            with pytest.raises(SignInRefused):
                sign_in(now=now, address=strange, password="wrong")
        with pytest.raises(TooManyAttempts):
            sign_in(now=now, address=strange)

    def test_are_heard_so_often_and_not_for_long_no_more(self, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(budgets, "PLACE", (Budget(3, timedelta(minutes=15)),))
        for _ in range(2):
            with pytest.raises(TooManyAttempts):
                sign_in(now=now, address=self.ADDRESS, password="wrong")
        with pytest.raises(TooManyAttempts):
            sign_in(now=now, address=self.ADDRESS)
        assert sign_in(now=now + timedelta(minutes=15), address=self.ADDRESS).token


class TestDevices:
    def test_get_a_new_token_with_every_sign_in(self, now: datetime) -> None:
        make_citizen(now=now)
        first = sign_in(now=now)
        second = sign_in(now=now, device_token=first.device_token)
        assert second.device_token != first.device_token
        before = KnownDevice.objects.count()
        sign_in(now=now, device_token=second.device_token)
        assert KnownDevice.objects.count() == before
        sign_in(now=now, device_token=first.device_token)  # a copy of the old one: a stranger
        assert KnownDevice.objects.count() == before + 1

    def test_may_be_shared_by_a_family(self, now: datetime) -> None:
        make_citizen(now=now)
        make_citizen(now=now, number=OTHER_NUMBER)
        token = sign_in(now=now).device_token
        token = sign_in(now=now, number=OTHER_NUMBER, device_token=token).device_token
        before = KnownDevice.objects.count()
        token = sign_in(now=now, device_token=token).device_token
        sign_in(now=now, number=OTHER_NUMBER, device_token=token)
        assert KnownDevice.objects.count() == before

    def test_are_forgotten_at_recovery(self, now: datetime) -> None:
        person_id = make_citizen(now=now)
        sign_in(now=now)
        services.recover_account(person_id=person_id, actor=DESK, now=now)
        assert not KnownDevice.objects.filter(account_id=person_id).exists()


def prove_again(
    started: StartedSession,
    *,
    now: datetime,
    number: IdentityNumber = NUMBER,
    password: str = PASSWORD,
    address: str = "192.0.2.10",
) -> StartedSession:
    """Prove once more in a running session that it is oneself."""
    return services.reauthenticate(
        session_id=started.signed_in.session_id,
        identity_number=number,
        password=password,
        address=address,
        device_token=started.device_token,
        user_agent=FIREFOX,
        actor=started.signed_in.actor,
        now=now,
    )


class TestReauthenticate:
    LATER = timedelta(minutes=10)

    def test_lets_the_same_session_go_on_with_a_new_moment_and_its_full_time(self, now: datetime) -> None:
        make_citizen(now=now)
        started = sign_in(now=now)
        again = prove_again(started, now=now + self.LATER).signed_in
        assert again.session_id == started.signed_in.session_id
        assert again.authenticated_at == now + self.LATER
        assert again.ends_at == started.signed_in.ends_at + self.LATER
        assert Session.objects.get(pk=again.session_id).started_at == now
        assert Session.objects.filter(ended_at=None).count() == 1

    def test_makes_the_former_token_and_the_former_device_worthless(self, now: datetime) -> None:
        make_citizen(now=now)
        started = sign_in(now=now)
        again = prove_again(started, now=now)
        assert selectors.find_session(token=started.token, now=now) is None
        assert selectors.find_session(token=again.token, now=now) == again.signed_in
        assert again.device_token not in ("", started.device_token)
        device = Session.objects.get(ended_at=None).device
        assert device is not None
        assert KnownDevice.objects.filter(account_id=again.signed_in.person_id).order_by("-pk").first() == device

    def test_writes_history_audit_and_event(self, now: datetime) -> None:
        person_id = make_citizen(now=now)
        session_id = prove_again(sign_in(now=now), now=now).signed_in.session_id
        assert (
            HistoryRow.objects.filter(person_id=person_id, session_id=session_id, kind="reauthenticated").count() == 1
        )
        assert AuditRecord.objects.filter(action="identity.session_renewed", subject_id=str(session_id)).count() == 1
        announced = OutboxEvent.objects.get(name="identity.session_renewed.v1")
        assert announced.payload == {"session_id": session_id, "person_id": person_id}
        assert not OutboxEvent.objects.filter(name="identity.session_ended.v1", payload__session_id=session_id).exists()

    @pytest.mark.parametrize(("number", "password"), [(NUMBER, "wrong"), (NOBODYS_NUMBER, "x"), (OTHER_NUMBER, "x")])
    def test_refuses_what_does_not_belong_together_and_leaves_the_session_as_it_is(
        self, now: datetime, number: IdentityNumber, password: str
    ) -> None:
        make_citizen(now=now)
        started = sign_in(now=now)
        with pytest.raises(SignInRefused):
            prove_again(started, now=now + self.LATER, number=number, password=password)
        assert selectors.find_session(token=started.token, now=now) == started.signed_in

    def test_tells_only_who_knows_the_password_that_it_is_another_persons(self, now: datetime) -> None:
        make_citizen(now=now)
        make_citizen(now=now, number=OTHER_NUMBER)
        started = sign_in(now=now)
        with pytest.raises(AnotherPerson):
            prove_again(started, now=now, number=OTHER_NUMBER)
        assert selectors.find_session(token=started.token, now=now) == started.signed_in
        assert Session.objects.filter(ended_at=None).count() == 1

    def test_uses_up_no_sealed_code(self, now: datetime) -> None:
        make_citizen(now=now)
        _, issued = issue(now=now, number=OTHER_NUMBER)
        with pytest.raises(AnotherPerson):
            prove_again(sign_in(now=now), now=now, number=OTHER_NUMBER, password=issued.code)
        opened = sign_in(now=now, number=OTHER_NUMBER, password=issued.code)
        with pytest.raises(NoPasswordYet):
            prove_again(opened, now=now, number=OTHER_NUMBER, password=issued.code)

    def test_counts_wrong_tries_in_the_same_lanes_as_signing_in(self, now: datetime) -> None:
        make_citizen(now=now)
        started = sign_in(now=now)
        for _ in range(budgets.DEVICE[0].limit):
            with pytest.raises(SignInRefused):
                prove_again(started, now=now, password="wrong")
        with pytest.raises(TooManyAttempts):
            prove_again(started, now=now)
        with pytest.raises(TooManyAttempts):
            sign_in(now=now, device_token=started.device_token)

    def test_does_not_count_successes_nor_another_persons_right_password(self, now: datetime) -> None:
        make_citizen(now=now)
        make_citizen(now=now, number=OTHER_NUMBER)
        started = sign_in(now=now)
        for _ in range(8):
            with pytest.raises(AnotherPerson):
                prove_again(started, now=now, number=OTHER_NUMBER)
            started = prove_again(started, now=now)

    def test_touches_no_session_that_is_over_or_somebody_elses(self, now: datetime) -> None:
        make_citizen(now=now)
        make_citizen(now=now, number=OTHER_NUMBER)
        mine, others = sign_in(now=now), sign_in(now=now, number=OTHER_NUMBER)
        with pytest.raises(SessionOver):
            services.reauthenticate(
                session_id=others.signed_in.session_id,
                identity_number=NUMBER,
                password=PASSWORD,
                address="192.0.2.10",
                device_token=None,
                user_agent=FIREFOX,
                actor=mine.signed_in.actor,
                now=now,
            )
        services.end_session(
            session_id=mine.signed_in.session_id, reason=EndReason.SIGNED_OUT, actor=mine.signed_in.actor, now=now
        )
        with pytest.raises(SessionOver):
            prove_again(mine, now=now)
        with pytest.raises(SessionOver):
            prove_again(others, now=now + timedelta(minutes=16), number=OTHER_NUMBER)

    def test_costs_one_hash_like_signing_in(self, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        make_citizen(now=now)
        started = sign_in(now=now)
        hashes: list[str] = []
        verify = PasswordHasher.verify

        def counted(self: PasswordHasher, encoded: str, password: str) -> bool:
            hashes.append(encoded)
            return verify(self, encoded, password)

        monkeypatch.setattr(PasswordHasher, "verify", counted)
        for number in (NUMBER, NOBODYS_NUMBER):
            with pytest.raises(SignInRefused):
                prove_again(started, now=now, number=number, password="wrong")
        assert len(hashes) == 2
