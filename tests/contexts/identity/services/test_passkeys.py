"""Passkeys: adding them, signing in with them, and every way in which they are refused."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pytest_django import Settings

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import (
    AnotherPerson,
    PasskeyRefused,
    ProveAgain,
    SessionOver,
    StrongerProofNeeded,
    TooManyAttempts,
)
from kapi.contexts.identity.models import Authenticator, Session, UsedChallenge
from kapi.contexts.identity.rules import budgets
from kapi.contexts.identity.rules.challenges import VALID_FOR
from kapi.contexts.identity.values import AuthenticatorId, EndReason, HistoryKind, PersonId, StartedSession
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.limits.values import Budget
from kapi.kernel.actors import NOBODY
from tests.passkeys import ATTESTED, BACKED_UP, PRESENT, VERIFIED, SoftPasskey, encode
from tests.people import DESK, FIREFOX, NUMBER, OTHER_NUMBER, PASSWORD, make_citizen, sign_in

pytestmark = pytest.mark.django_db
BROWSER = "the secret of a browser"
OVER = VALID_FOR + timedelta(seconds=1)


@dataclass
class Owner:
    """A person with a passkey, and the session in which it was added."""

    person_id: PersonId
    started: StartedSession
    passkey: SoftPasskey
    authenticator_id: AuthenticatorId


def add(
    started: StartedSession, passkey: SoftPasskey, *, now: datetime, browser: str = BROWSER, **changes: Any
) -> AuthenticatorId:
    session = started.signed_in
    options = selectors.options_for_new_passkey(session_id=session.session_id, browser=BROWSER, now=now)
    return services.add_passkey(
        session_id=session.session_id,
        response=passkey.create(options, **changes),
        name="Telefonum",
        browser=browser,
        actor=session.actor,
        now=now,
    )


def prove(response: str, *, now: datetime, browser: str = BROWSER, address: str = "192.0.2.10") -> StartedSession:
    return services.sign_in_with_passkey(
        response=response,
        browser=browser,
        address=address,
        device_token=None,
        user_agent=FIREFOX,
        actor=NOBODY,
        now=now,
    )


def options(now: datetime) -> dict[str, Any]:
    return selectors.options_for_passkey_proof(browser=BROWSER, now=now)


@pytest.fixture
def owner(now: datetime) -> Owner:
    person_id = make_citizen(now=now)
    started, passkey = sign_in(now=now), SoftPasskey()
    return Owner(person_id, started, passkey, add(started, passkey, now=now))


def fault(refused: pytest.ExceptionInfo[PasskeyRefused]) -> str:
    return refused.value.fault.value


class TestAddPasskey:
    def test_keeps_it_sealed_and_lists_it(self, now: datetime, owner: Owner) -> None:
        [view] = selectors.authenticators_of(person_id=owner.person_id)
        assert (view.kind, view.name, view.last_used_at) == ("passkey", "Telefonum", None)
        assert owner.passkey.credential_id not in bytes(Authenticator.objects.get().secret_sealed)

    def test_asks_for_a_passkey_that_finds_its_owner_and_checks_them(self, now: datetime, owner: Owner) -> None:
        session_id = owner.started.signed_in.session_id
        asked = selectors.options_for_new_passkey(session_id=session_id, browser=BROWSER, now=now)
        assert asked["authenticatorSelection"]["residentKey"] == "required"
        assert asked["authenticatorSelection"]["userVerification"] == "required"
        assert [known["id"] for known in asked["excludeCredentials"]] == [encode(owner.passkey.credential_id)]
        assert NUMBER.digits not in str(asked)

    def test_leaves_the_session_what_it_was(self, now: datetime, owner: Owner) -> None:
        found = selectors.find_session(token=owner.started.token, now=now)
        assert found is not None
        assert found.acr == "urn:kapi:loa:low"

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"client": {"origin": "https://kapi.example.evil"}}, "origin"),
            ({"client": {"crossOrigin": True}}, "ceremony"),
            ({"client": {"type": "webauthn.get"}}, "ceremony"),
            ({"client": {"challenge": "bm9uZQ"}}, "challenge"),
            ({"rp_id": "evil.example"}, "rp"),
            ({"flags": PRESENT | ATTESTED}, "unverified"),
            ({"flags": VERIFIED | ATTESTED}, "unverified"),
            ({"flags": PRESENT | VERIFIED | ATTESTED | BACKED_UP}, "malformed"),
            ({"flags": PRESENT | VERIFIED}, "malformed"),
            ({"cose": {3: -47}}, "algorithm"),
        ],
    )
    def test_refuses(self, now: datetime, changes: dict[str, Any], expected: str) -> None:
        make_citizen(now=now)
        with pytest.raises(PasskeyRefused) as refused:
            add(sign_in(now=now), SoftPasskey(), now=now, **changes)
        assert fault(refused) == expected
        assert not Authenticator.objects.exists()

    def test_refuses_another_browsers_and_another_sessions_challenge(self, now: datetime) -> None:
        make_citizen(now=now)
        started, other = sign_in(now=now), sign_in(now=now)
        with pytest.raises(PasskeyRefused) as refused:
            add(started, SoftPasskey(), now=now, browser="another browser")
        assert fault(refused) == "challenge"
        asked = selectors.options_for_new_passkey(session_id=other.signed_in.session_id, browser=BROWSER, now=now)
        with pytest.raises(PasskeyRefused) as refused:
            services.add_passkey(
                session_id=started.signed_in.session_id,
                response=SoftPasskey().create(asked),
                name="x",
                browser=BROWSER,
                actor=started.signed_in.actor,
                now=now,
            )
        assert fault(refused) == "challenge"

    def test_takes_one_answer_for_one_challenge(self, now: datetime) -> None:
        make_citizen(now=now)
        session = sign_in(now=now).signed_in
        asked = selectors.options_for_new_passkey(session_id=session.session_id, browser=BROWSER, now=now)
        request: dict[str, Any] = {
            "session_id": session.session_id,
            "browser": BROWSER,
            "actor": session.actor,
            "now": now,
        }
        services.add_passkey(response=SoftPasskey().create(asked), name="x", **request)
        prove_strongly(session.person_id, now)
        with pytest.raises((PasskeyRefused, StrongerProofNeeded)):
            services.add_passkey(response=SoftPasskey().create(asked), name="y", **request)
        assert Authenticator.objects.count() == 1

    def test_refuses_one_that_somebody_has_already(self, now: datetime, owner: Owner) -> None:
        make_citizen(now=now, number=OTHER_NUMBER)
        with pytest.raises(PasskeyRefused) as refused:
            add(sign_in(now=now, number=OTHER_NUMBER), owner.passkey, now=now)
        assert fault(refused) == "known"

    def test_asks_for_a_recent_and_strong_proof(self, now: datetime, owner: Owner) -> None:
        with pytest.raises(StrongerProofNeeded):
            add(owner.started, SoftPasskey(), now=now)
        strong = prove(owner.passkey.get(options(now)), now=now)
        assert add(strong, SoftPasskey(), now=now)
        with pytest.raises(ProveAgain):
            add(strong, SoftPasskey(), now=now + timedelta(minutes=11))


def prove_strongly(person_id: PersonId, now: datetime) -> None:
    """Say of every session of a person what a passkey would."""
    evidence = [{"method": "passkey", "at": now.isoformat(), "authenticator_id": None}]
    Session.objects.filter(person_id=person_id).update(evidence=evidence)


class TestSignInWithPasskey:
    def test_starts_a_session_of_its_owner_that_says_how_it_was_proved(self, now: datetime, owner: Owner) -> None:
        started = prove(owner.passkey.get(options(now)), now=now)
        found = selectors.find_session(token=started.token, now=now)
        assert found == started.signed_in
        assert (found.person_id, found.acr, found.amr) == (
            owner.person_id, "urn:kapi:loa:substantial", ("mfa", "pop", "user"),
        )  # fmt: skip
        assert found.find_assurance(["phr"]) is not None
        [view] = selectors.authenticators_of(person_id=owner.person_id)
        assert view.last_used_at == now

    def test_writes_history_and_knows_the_device_again(self, now: datetime, owner: Owner) -> None:
        prove(owner.passkey.get(options(now)), now=now)
        newest = selectors.sign_in_history(person_id=owner.person_id).entries[0]
        assert (newest.kind, newest.visitor.browser) == (HistoryKind.SIGNED_IN, "Firefox")

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"client": {"origin": "https://kapi.example.evil"}}, "origin"),
            ({"client": {"origin": "http://localhost:1"}}, "origin"),
            ({"client": {"crossOrigin": True}}, "ceremony"),
            ({"client": {"type": "webauthn.create"}}, "ceremony"),
            ({"client": {"challenge": "bm9uZQ"}}, "challenge"),
            ({"rp_id": "evil.example"}, "rp"),
            ({"flags": PRESENT}, "unverified"),
            ({"flags": VERIFIED}, "unverified"),
            ({"flags": PRESENT | VERIFIED | BACKED_UP}, "malformed"),
            ({"owner": b"somebody else"}, "signature"),
            ({"owner": b""}, "signature"),
            ({"signer": ec.generate_private_key(ec.SECP256R1())}, "signature"),
            ({"count": 0}, "copied"),
        ],
    )
    def test_refuses(self, now: datetime, owner: Owner, changes: dict[str, Any], expected: str) -> None:
        owner.passkey.counter = 5
        assert prove(owner.passkey.get(options(now)), now=now).token
        sessions = Session.objects.count()
        with pytest.raises(PasskeyRefused) as refused:
            prove(owner.passkey.get(options(now), **changes), now=now)
        assert fault(refused) == expected
        assert Session.objects.count() == sessions

    def test_refuses_a_passkey_whose_key_is_none(self, now: datetime, owner: Owner) -> None:
        strong, broken = prove(owner.passkey.get(options(now)), now=now), SoftPasskey()
        add(strong, broken, now=now, cose={-2: b"\0" * 32})
        with pytest.raises(PasskeyRefused) as refused:
            prove(broken.get(options(now)), now=now)
        assert fault(refused) == "signature"

    def test_refuses_a_replay(self, now: datetime, owner: Owner) -> None:
        answer = owner.passkey.get(options(now))
        prove(answer, now=now)
        with pytest.raises(PasskeyRefused) as refused:
            prove(answer, now=now)
        assert fault(refused) == "challenge"

    def test_refuses_a_second_answer_to_one_challenge(self, now: datetime, owner: Owner) -> None:
        asked = options(now)
        prove(owner.passkey.get(asked), now=now)
        with pytest.raises(PasskeyRefused) as refused:
            prove(owner.passkey.get(asked), now=now)
        assert fault(refused) == "challenge"

    def test_refuses_another_browsers_challenge_and_an_old_one(self, now: datetime, owner: Owner) -> None:
        for asked in ({"browser": "another"}, {"browser": ""}, {"now": now + OVER}):
            with pytest.raises(PasskeyRefused) as refused:
                prove(owner.passkey.get(options(now)), **{"now": now} | asked)
            assert fault(refused) == "challenge"

    def test_refuses_a_copy_and_tells_the_owner(self, now: datetime, owner: Owner) -> None:
        owner.passkey.counter = 40
        prove(owner.passkey.get(options(now)), now=now)
        owner.passkey.counter = 20
        with pytest.raises(PasskeyRefused):
            prove(owner.passkey.get(options(now)), now=now, address="198.51.100.7")
        newest = selectors.sign_in_history(person_id=owner.person_id).entries[0]
        assert (newest.kind, newest.visitor.network) == (HistoryKind.PASSKEY_REFUSED, "198.51.100.0/24")
        written = AuditRecord.objects.get(action="identity.passkey_refused", subject_id=str(owner.authenticator_id))
        assert written.details == {"person_id": owner.person_id, "fault": "copied"}

    def test_accepts_a_passkey_that_never_counts(self, now: datetime, owner: Owner) -> None:
        for _ in range(3):
            assert prove(owner.passkey.get(options(now), count=0), now=now).token

    def test_refuses_one_that_was_removed(self, now: datetime, owner: Owner) -> None:
        strong = prove(owner.passkey.get(options(now)), now=now).signed_in
        services.remove_authenticator(
            session_id=strong.session_id, authenticator_id=owner.authenticator_id, actor=strong.actor, now=now
        )
        with pytest.raises(PasskeyRefused) as refused:
            prove(owner.passkey.get(options(now)), now=now)
        assert fault(refused) == "unknown"

    def test_refuses_all_after_recovery_at_a_desk(self, now: datetime, owner: Owner) -> None:
        services.recover_account(person_id=owner.person_id, actor=DESK, now=now)
        with pytest.raises(PasskeyRefused) as refused:
            prove(owner.passkey.get(options(now)), now=now)
        assert fault(refused) == "unknown"

    def test_counts_what_is_refused_per_origin_and_nothing_that_is_right(
        self, now: datetime, owner: Owner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(budgets, "PASSKEY_ORIGIN", (Budget(2, timedelta(minutes=5)),))
        for _ in range(4):
            assert prove(owner.passkey.get(options(now)), now=now).token
        for _ in range(2):
            with pytest.raises(PasskeyRefused):
                prove("nonsense", now=now)
        with pytest.raises(TooManyAttempts) as refused:
            prove(owner.passkey.get(options(now)), now=now)
        assert refused.value.retry_after == timedelta(minutes=5)
        assert prove(owner.passkey.get(options(now)), now=now, address="198.51.100.7").token
        assert sign_in(now=now).token  # the password has lanes of its own

    def test_counts_what_is_refused_per_passkey(
        self, now: datetime, owner: Owner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(budgets, "PASSKEY", (Budget(2, timedelta(minutes=5)),))
        for host in (1, 2):
            with pytest.raises(PasskeyRefused):
                prove(owner.passkey.get(options(now), flags=PRESENT), now=now, address=f"198.51.100.{host}")
        with pytest.raises(TooManyAttempts):
            prove(owner.passkey.get(options(now)), now=now, address="198.51.100.3")

    def test_keeps_of_a_challenge_its_hash_while_it_could_pass(self, now: datetime, owner: Owner) -> None:
        prove(owner.passkey.get(options(now)), now=now)
        assert UsedChallenge.objects.count() == 2
        services.forget_old_traces(limit=100, actor=DESK, now=now + VALID_FOR)
        assert UsedChallenge.objects.count() == 2
        services.forget_old_traces(limit=100, actor=DESK, now=now + OVER)
        assert UsedChallenge.objects.count() == 0

    def test_outlives_a_change_of_the_secret_key(self, now: datetime, owner: Owner, settings: Settings) -> None:
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "another-secret-key-of-this-test-alone"
        assert prove(owner.passkey.get(options(now)), now=now).signed_in.person_id == owner.person_id


class TestReauthenticateWithPasskey:
    def reauthenticate(self, started: StartedSession, response: str, now: datetime) -> StartedSession:
        session = started.signed_in
        return services.reauthenticate_with_passkey(
            session_id=session.session_id,
            response=response,
            browser=BROWSER,
            address="192.0.2.10",
            device_token=started.device_token,
            user_agent=FIREFOX,
            actor=session.actor,
            now=now,
        )

    def test_raises_the_same_session(self, now: datetime, owner: Owner) -> None:
        later = now + timedelta(minutes=3)
        again = self.reauthenticate(owner.started, owner.passkey.get(options(later)), later)
        assert selectors.find_session(token=owner.started.token, now=later) is None
        assert (again.signed_in.session_id, again.signed_in.acr, again.signed_in.authenticated_at) == (
            owner.started.signed_in.session_id, "urn:kapi:loa:substantial", later,
        )  # fmt: skip
        newest = selectors.sign_in_history(person_id=owner.person_id).entries[0]
        assert newest.kind is HistoryKind.REAUTHENTICATED

    def test_refuses_somebody_elses(self, now: datetime, owner: Owner) -> None:
        make_citizen(now=now, number=OTHER_NUMBER)
        other = sign_in(now=now, number=OTHER_NUMBER, password=PASSWORD)
        with pytest.raises(AnotherPerson):
            self.reauthenticate(other, owner.passkey.get(options(now)), now)
        found = selectors.find_session(token=other.token, now=now)
        assert found is not None
        assert found.acr == "urn:kapi:loa:low"

    def test_refuses_a_session_that_has_ended(self, now: datetime, owner: Owner) -> None:
        session = owner.started.signed_in
        services.end_session(session_id=session.session_id, reason=EndReason.SIGNED_OUT, actor=session.actor, now=now)
        with pytest.raises(SessionOver):
            self.reauthenticate(owner.started, owner.passkey.get(options(now)), now)
