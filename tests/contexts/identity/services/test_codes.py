"""Adding apps with one-time codes, and printing recovery codes."""

from datetime import datetime, timedelta

import pytest

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import (
    CodeRefused,
    NameRefused,
    NothingToRecover,
    ProveAgain,
    SetupOver,
    StrongerProofNeeded,
    TooManyAttempts,
    TooManyAuthenticators,
)
from kapi.contexts.identity.models import Authenticator, Session
from kapi.contexts.identity.rules import budgets, totp
from kapi.contexts.identity.services.authenticators import keep_authenticator
from kapi.contexts.identity.services.evidence import strengthen_session
from kapi.contexts.identity.values import (
    AssuranceLevel,
    AuthenticatorId,
    AuthenticatorKind,
    Method,
    Proof,
    RenewedSession,
    StartedSession,
    TotpSetup,
)
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.outbox.models import OutboxEvent
from tests import people
from tests.authenticator_apps import App, add_app, begin, finish, print_codes, recover

pytestmark = pytest.mark.django_db


@pytest.fixture
def started(now: datetime) -> StartedSession:
    """A citizen who is signed in."""
    people.make_citizen(now=now)
    return people.sign_in(now=now)


def prepare(started: StartedSession, now: datetime) -> TotpSetup:
    """Ask for a secret."""
    signed_in = started.signed_in
    return services.prepare_totp(session_id=signed_in.session_id, actor=signed_in.actor, now=now)


def add(
    started: StartedSession, setup: TotpSetup, now: datetime, *, code: str | None = None, name: str = "Telefonum"
) -> RenewedSession:
    """Send the first code back."""
    return services.add_totp(
        session_id=started.signed_in.session_id,
        sealed=setup.sealed,
        code=totp.code_at(setup.secret, now) if code is None else code,
        name=name,
        actor=started.signed_in.actor,
        now=now,
    )


class TestPrepareTotp:
    def test_keeps_nothing(self, started: StartedSession, now: datetime) -> None:
        assert prepare(started, now).secret != prepare(started, now).secret
        assert not Authenticator.objects.exists()

    def test_shows_its_secret_in_no_representation(self, started: StartedSession, now: datetime) -> None:
        setup = prepare(started, now)
        assert setup.secret in setup.link
        assert not [text for text in (setup.secret, setup.link, setup.sealed) if text in repr(setup)]
        assert setup.secret not in setup.sealed

    def test_asks_for_a_recent_proof(self, started: StartedSession, now: datetime) -> None:
        people.make_proofs_older(by=timedelta(minutes=11))
        with pytest.raises(ProveAgain):
            prepare(started, now)


class TestAddTotp:
    def test_adds_the_app_and_counts_it_at_once(self, started: StartedSession, now: datetime) -> None:
        setup = prepare(started, now)
        renewed = add(started, setup, now)
        assert renewed.signed_in.acr == AssuranceLevel.SUBSTANTIAL
        assert selectors.find_session(token=started.token, now=now) is None
        [view] = selectors.authenticators_of(person_id=started.signed_in.person_id)
        assert (view.kind, view.name) == (AuthenticatorKind.TOTP, "Telefonum")
        assert AuditRecord.objects.filter(action="identity.authenticator_added").count() == 1
        assert OutboxEvent.objects.filter(name="identity.authenticator_added.v1").count() == 1

    def test_seals_the_secret(self, started: StartedSession, now: datetime) -> None:
        setup = prepare(started, now)
        add(started, setup, now)
        row = Authenticator.objects.get()
        assert setup.secret.encode() not in bytes(row.secret_sealed)
        assert setup.secret not in str(Authenticator.objects.values())

    def test_asks_for_the_code_that_the_app_shows(self, started: StartedSession, now: datetime) -> None:
        setup = prepare(started, now)
        for code in ("", App(setup.secret).wrong_code(now), totp.code_at(setup.secret, now - timedelta(minutes=5))):
            with pytest.raises(CodeRefused):
                add(started, setup, now, code=code)
        assert not Authenticator.objects.exists()
        add(started, setup, now)

    def test_hears_few_wrong_ones(self, started: StartedSession, now: datetime) -> None:
        setup = prepare(started, now)
        for _try in range(budgets.TOTP_SETUP[0].limit):
            with pytest.raises(CodeRefused):
                add(started, setup, now, code="")
        with pytest.raises(TooManyAttempts):
            add(started, setup, now)

    def test_takes_a_secret_once(self, started: StartedSession, now: datetime) -> None:
        setup = prepare(started, now)
        add(started, setup, now)
        with pytest.raises(SetupOver):
            add(started, setup, now)
        assert Authenticator.objects.count() == 1

    def test_takes_no_secret_of_another_session(self, started: StartedSession, now: datetime) -> None:
        other = people.sign_in(now=now)
        with pytest.raises(SetupOver):
            add(other, prepare(started, now), now)

    def test_takes_no_secret_that_is_not_ours_or_too_old(self, started: StartedSession, now: datetime) -> None:
        setup = prepare(started, now)
        for sealed in ("", "00", "zz", "ab" * 300, setup.sealed[:-2]):
            with pytest.raises(SetupOver):
                add(started, TotpSetup(secret=setup.secret, link="", sealed=sealed), now)

    def test_takes_no_prepared_secret_after_half_an_hour(self, started: StartedSession, now: datetime) -> None:
        setup, later = prepare(started, now), now + totp.SETUP_VALID_FOR
        Session.objects.update(last_seen_at=later)
        people.make_proofs_older(by=-totp.SETUP_VALID_FOR)
        with pytest.raises(SetupOver):
            add(started, setup, later)

    def test_asks_for_a_name(self, started: StartedSession, now: datetime) -> None:
        setup = prepare(started, now)
        with pytest.raises(NameRefused):
            add(started, setup, now, name=" ")
        add(started, setup, now)

    def test_adds_three_at_most(self, started: StartedSession, now: datetime) -> None:
        setups = [prepare(started, now) for _number in range(4)]
        for number, setup in enumerate(setups[:3]):
            add(started, setup, now, name=f"Telefon {number}")
        with pytest.raises(TooManyAuthenticators):
            prepare(started, now)
        with pytest.raises(TooManyAuthenticators):
            add(started, setups[3], now)
        assert Authenticator.objects.count() == 3

    def test_is_refused_to_who_proved_the_password_only_where_there_is_an_app(
        self, started: StartedSession, now: datetime
    ) -> None:
        elsewhere = people.sign_in(now=now)
        add_app(started.signed_in, now=now)
        with pytest.raises(StrongerProofNeeded):
            prepare(elsewhere, now)


class TestMakeRecoveryCodes:
    def test_makes_ten_and_keeps_none_of_them_readable(self, started: StartedSession, now: datetime) -> None:
        add_app(started.signed_in, now=now)
        signed_in = started.signed_in
        made = services.make_recovery_codes(session_id=signed_in.session_id, actor=signed_in.actor, now=now)
        assert len(set(made.codes)) == 10
        assert selectors.recovery_codes_left(person_id=signed_in.person_id) == 10
        rows = str(list(Authenticator.objects.values()))
        assert not [code for code in made.codes if code in rows or code in repr(made)]

    def test_replaces_the_former_list(self, started: StartedSession, now: datetime) -> None:
        add_app(started.signed_in, now=now)
        assert not set(print_codes(started.signed_in, now=now)) & set(print_codes(started.signed_in, now=now))
        assert Authenticator.objects.filter(kind=AuthenticatorKind.RECOVERY_CODES).count() == 1
        assert OutboxEvent.objects.filter(name="identity.authenticator_removed.v1").count() == 1

    def test_is_of_no_use_alone(self, started: StartedSession, now: datetime) -> None:
        with pytest.raises(NothingToRecover):
            print_codes(started.signed_in, now=now)

    def test_asks_for_a_recent_proof(self, started: StartedSession, now: datetime) -> None:
        add_app(started.signed_in, now=now)
        people.make_proofs_older(by=timedelta(minutes=11))
        with pytest.raises(ProveAgain):
            print_codes(started.signed_in, now=now)


class TestRemoveAuthenticator:
    def remove(self, started: StartedSession, kind: AuthenticatorKind, now: datetime) -> None:
        signed_in = started.signed_in
        row = Authenticator.objects.get(kind=kind)
        services.remove_authenticator(
            session_id=signed_in.session_id, authenticator_id=AuthenticatorId(row.pk), actor=signed_in.actor, now=now
        )

    def test_takes_the_printed_codes_with_the_last_app(self, started: StartedSession, now: datetime) -> None:
        add_app(started.signed_in, now=now)
        print_codes(started.signed_in, now=now)
        self.remove(started, AuthenticatorKind.TOTP, now)
        assert not Authenticator.objects.exists()
        people.sign_in(now=now)  # nothing but the password is asked for again

    def test_leaves_the_app_without_the_codes(self, started: StartedSession, now: datetime) -> None:
        app = add_app(started.signed_in, now=now)
        print_codes(started.signed_in, now=now)
        self.remove(started, AuthenticatorKind.RECOVERY_CODES, now)
        later = now + timedelta(seconds=30)
        finish(begin(now=later), app.code(later), now=later)

    def test_lets_who_has_lost_the_telephone_put_another_in_its_place(
        self, started: StartedSession, now: datetime
    ) -> None:
        add_app(started.signed_in, now=now)
        codes = print_codes(started.signed_in, now=now)
        recovered = recover(begin(now=now), codes[0], now=now)
        self.remove(recovered, AuthenticatorKind.TOTP, now)
        app, later = add_app(recovered.signed_in, now=now, name="Yeni telefon"), now + timedelta(seconds=30)
        finish(begin(now=later), app.code(later), now=later)

    def test_lets_who_has_lost_a_passkey_remove_it_with_a_printed_code(
        self, started: StartedSession, now: datetime
    ) -> None:
        signed_in = started.signed_in
        keep_authenticator(
            session_id=signed_in.session_id,
            kind=AuthenticatorKind.PASSKEY,
            name="Anahtar",
            secret="{}",  # never read, for it is lost
            actor=signed_in.actor,
            now=now,
        )
        proof = Proof(method=Method.PASSKEY, at=now)
        strengthen_session(session_id=signed_in.session_id, proof=proof, actor=signed_in.actor, now=now)
        codes = print_codes(signed_in, now=now)
        recovered = recover(begin(now=now), codes[0], now=now)
        self.remove(recovered, AuthenticatorKind.PASSKEY, now)
        assert not Authenticator.objects.exists()
