"""Adding, naming and removing authenticators; what they do to sessions."""

from datetime import datetime, timedelta

import pytest

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import (
    AuthenticatorNotFound,
    NameRefused,
    ProveAgain,
    SessionOver,
    StrongerProofNeeded,
    TooManyAuthenticators,
)
from kapi.contexts.identity.models import Account, Authenticator, HistoryRow, Session
from kapi.contexts.identity.rules.authenticators import MOST, RECENT
from kapi.contexts.identity.services.authenticators import keep_authenticator
from kapi.contexts.identity.services.evidence import strengthen_session
from kapi.contexts.identity.values import (
    AuthenticatorId,
    AuthenticatorKind,
    Method,
    PersonId,
    Proof,
    Proofing,
    StartedSession,
)
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.outbox.models import OutboxEvent
from tests.people import DESK, NUMBER, OTHER_NUMBER, PASSWORD, make_citizen, sign_in

pytestmark = pytest.mark.django_db
LATER = RECENT + timedelta(seconds=1)


@pytest.fixture
def started(now: datetime) -> StartedSession:
    """A person who has signed in just now, by password."""
    make_citizen(now=now)
    return sign_in(now=now)


def add(
    started: StartedSession, *, now: datetime, kind: AuthenticatorKind = AuthenticatorKind.TOTP, name: str = "Telefonum"
) -> AuthenticatorId:
    session = started.signed_in
    return keep_authenticator(
        session_id=session.session_id, kind=kind, name=name, secret="a shared secret", actor=session.actor, now=now
    )


def step_up(started: StartedSession, authenticator_id: AuthenticatorId, *, now: datetime) -> None:
    session = started.signed_in
    strengthen_session(
        session_id=session.session_id,
        proof=Proof(method=Method.TOTP, at=now, authenticator_id=authenticator_id),
        actor=session.actor,
        now=now,
    )


def remove(started: StartedSession, authenticator_id: AuthenticatorId, *, now: datetime) -> None:
    session = started.signed_in
    services.remove_authenticator(
        session_id=session.session_id, authenticator_id=authenticator_id, actor=session.actor, now=now
    )


def kinds_of_history(person_id: PersonId) -> list[str]:
    return [entry.kind.value for entry in selectors.sign_in_history(person_id=person_id).entries]


class TestKeepAuthenticator:
    def test_lists_it_without_its_secret(self, now: datetime, started: StartedSession) -> None:
        authenticator_id = add(started, now=now)
        [view] = selectors.authenticators_of(person_id=started.signed_in.person_id)
        assert (view.authenticator_id, view.kind, view.name) == (authenticator_id, "totp", "Telefonum")
        assert (view.added_at, view.last_used_at) == (now, None)
        stored = bytes(Authenticator.objects.get(pk=authenticator_id).secret_sealed)
        assert b"a shared secret" not in stored

    def test_writes_history_audit_and_event(self, now: datetime, started: StartedSession) -> None:
        person_id = started.signed_in.person_id
        authenticator_id = add(started, now=now)
        assert kinds_of_history(person_id)[0] == "authenticator_added"
        written = AuditRecord.objects.get(action="identity.authenticator_added", subject_id=str(authenticator_id))
        assert written.details == {"person_id": person_id, "kind": "totp"}
        announced = OutboxEvent.objects.get(name="identity.authenticator_added.v1", payload__person_id=person_id)
        assert announced.payload == {
            "authenticator_id": authenticator_id, "person_id": person_id, "kind": "totp",
        }  # fmt: skip

    def test_asks_for_a_recent_proof(self, now: datetime, started: StartedSession) -> None:
        with pytest.raises(ProveAgain):
            add(started, now=now + LATER)

    def test_refuses_a_second_one_to_who_shows_the_password_only(self, now: datetime, started: StartedSession) -> None:
        authenticator_id = add(started, now=now)
        with pytest.raises(StrongerProofNeeded):
            add(started, now=now, kind=AuthenticatorKind.PASSKEY)
        step_up(started, authenticator_id, now=now)
        assert add(started, now=now, kind=AuthenticatorKind.PASSKEY)

    def test_refuses_a_name_that_cannot_be_read(self, now: datetime, started: StartedSession) -> None:
        with pytest.raises(NameRefused):
            add(started, now=now, name=" ")

    def test_refuses_one_too_many(self, now: datetime, started: StartedSession) -> None:
        step_up(started, add(started, now=now), now=now)
        for number in range(MOST - 1):
            add(started, now=now, name=f"n{number}")
        with pytest.raises(TooManyAuthenticators):
            add(started, now=now)

    def test_refuses_a_session_that_has_ended(self, now: datetime, started: StartedSession) -> None:
        services.end_other_sessions(
            session_id=sign_in(now=now).signed_in.session_id, actor=started.signed_in.actor, now=now
        )
        with pytest.raises(SessionOver):
            add(started, now=now)


class TestRenameAuthenticator:
    def rename(self, started: StartedSession, authenticator_id: AuthenticatorId, name: str, now: datetime) -> None:
        session = started.signed_in
        services.rename_authenticator(
            session_id=session.session_id, authenticator_id=authenticator_id, name=name, actor=session.actor, now=now
        )

    def test_keeps_the_new_name(self, now: datetime, started: StartedSession) -> None:
        authenticator_id = add(started, now=now)
        self.rename(started, authenticator_id, "Eski telefonum", now)
        [view] = selectors.authenticators_of(person_id=started.signed_in.person_id)
        assert view.name == "Eski telefonum"
        assert AuditRecord.objects.filter(action="identity.authenticator_renamed").exists()

    def test_refuses_another_persons(self, now: datetime, started: StartedSession) -> None:
        authenticator_id = add(started, now=now)
        make_citizen(now=now, number=OTHER_NUMBER)
        other = sign_in(now=now, number=OTHER_NUMBER)
        with pytest.raises(AuthenticatorNotFound):
            self.rename(other, authenticator_id, "Benim", now)
        with pytest.raises(AuthenticatorNotFound):
            remove(other, authenticator_id, now=now)


class TestRemoveAuthenticator:
    def test_asks_for_as_much_as_the_person_has(self, now: datetime, started: StartedSession) -> None:
        authenticator_id = add(started, now=now)
        with pytest.raises(StrongerProofNeeded):
            remove(started, authenticator_id, now=now)
        step_up(started, authenticator_id, now=now)
        with pytest.raises(ProveAgain):
            remove(started, authenticator_id, now=now + LATER)
        remove(started, authenticator_id, now=now)
        assert selectors.authenticators_of(person_id=started.signed_in.person_id) == ()

    def test_writes_history_audit_and_event(self, now: datetime, started: StartedSession) -> None:
        person_id, authenticator_id = started.signed_in.person_id, add(started, now=now)
        step_up(started, authenticator_id, now=now)
        remove(started, authenticator_id, now=now)
        assert kinds_of_history(person_id)[:2] == ["authenticator_removed", "stepped_up"]
        assert AuditRecord.objects.filter(
            action="identity.authenticator_removed", subject_id=str(authenticator_id)
        ).exists()
        announced = OutboxEvent.objects.get(name="identity.authenticator_removed.v1", payload__person_id=person_id)
        assert announced.payload["kind"] == "totp"

    def test_ends_the_other_sessions_that_it_has_proved_and_no_more(
        self, now: datetime, started: StartedSession
    ) -> None:
        proved_by_it, by_password = sign_in(now=now), sign_in(now=now)
        authenticator_id = add(started, now=now)
        step_up(proved_by_it, authenticator_id, now=now)
        step_up(started, authenticator_id, now=now)
        remove(started, authenticator_id, now=now)
        reasons = dict(Session.objects.filter(person_id=started.signed_in.person_id).values_list("pk", "end_reason"))
        assert reasons[proved_by_it.signed_in.session_id] == "authenticator_removed"
        assert reasons[by_password.signed_in.session_id] == reasons[started.signed_in.session_id] == ""


class TestStrengthenSession:
    def test_raises_what_is_said_of_the_session_and_changes_its_token(
        self, now: datetime, started: StartedSession
    ) -> None:
        session, moment = started.signed_in, now + timedelta(minutes=5)
        authenticator_id = add(started, now=now)
        renewed = strengthen_session(
            session_id=session.session_id,
            proof=Proof(method=Method.TOTP, at=moment, authenticator_id=authenticator_id),
            actor=session.actor,
            now=moment,
        )
        assert selectors.find_session(token=started.token, now=moment) is None
        found = selectors.find_session(token=renewed.token, now=moment)
        assert found == renewed.signed_in
        assert (found.session_id, found.acr, found.amr) == (
            session.session_id, "urn:kapi:loa:substantial", ("mfa", "otp", "pwd"),
        )  # fmt: skip
        assert (found.authenticated_at, found.ends_at) == (now, session.ends_at)
        assert OutboxEvent.objects.filter(
            name="identity.session_renewed.v1", payload__session_id=session.session_id
        ).exists()

    def test_refuses_another_persons_session(self, now: datetime, started: StartedSession) -> None:
        make_citizen(now=now, number=OTHER_NUMBER)
        stranger = sign_in(now=now, number=OTHER_NUMBER).signed_in
        with pytest.raises(SessionOver):
            strengthen_session(
                session_id=started.signed_in.session_id,
                proof=Proof(method=Method.PASSKEY, at=now),
                actor=stranger.actor,
                now=now,
            )

    def test_tells_the_former_release_too(self, now: datetime, started: StartedSession) -> None:
        step_up(started, add(started, now=now), now=now)
        row = Session.objects.get(pk=started.signed_in.session_id)
        assert (row.acr, row.amr, row.authenticated_at) == ("urn:kapi:loa:substantial", "mfa otp pwd", now)

    def test_is_undone_by_proving_anew_with_the_password(self, now: datetime, started: StartedSession) -> None:
        step_up(started, add(started, now=now, kind=AuthenticatorKind.PASSKEY), now=now)
        anew = services.reauthenticate(
            session_id=started.signed_in.session_id,
            identity_number=NUMBER,
            password=PASSWORD,
            address="192.0.2.10",
            device_token=started.device_token,
            user_agent="",
            actor=started.signed_in.actor,
            now=now,
        )
        assert (anew.signed_in.acr, anew.signed_in.amr) == ("urn:kapi:loa:low", ("pwd",))


class TestFormerSessions:
    def test_that_the_former_release_has_begun_are_worth_what_they_were(self, now: datetime) -> None:
        make_citizen(now=now)
        session_id = sign_in(now=now).signed_in.session_id
        Session.objects.filter(pk=session_id).update(evidence=[])
        found = selectors.find_session_by_id(session_id=session_id, now=now)
        assert found is not None
        assert (found.acr, found.amr, found.authenticated_at) == ("urn:kapi:loa:low", ("pwd",), now)


class TestReachableAcrs:
    def test_counts_the_password_and_what_was_added(self, now: datetime, started: StartedSession) -> None:
        person_id = started.signed_in.person_id
        assert selectors.reachable_acrs(person_id=person_id) == {"urn:kapi:loa:low"}
        add(started, now=now, kind=AuthenticatorKind.PASSKEY)
        assert selectors.reachable_acrs(person_id=person_id) == {
            "urn:kapi:loa:low", "urn:kapi:loa:substantial", "phr",
        }  # fmt: skip


class TestRecovery:
    def test_takes_away_all_that_was_added_and_tells_of_it(self, now: datetime, started: StartedSession) -> None:
        person_id = started.signed_in.person_id
        step_up(started, add(started, now=now), now=now)
        add(started, now=now, kind=AuthenticatorKind.PASSKEY)
        services.recover_account(person_id=person_id, actor=DESK, now=now)
        assert selectors.authenticators_of(person_id=person_id) == ()
        assert (
            OutboxEvent.objects.filter(name="identity.authenticator_removed.v1", payload__person_id=person_id).count()
            == 2
        )
        assert HistoryRow.objects.filter(person_id=person_id, kind="authenticator_removed").count() == 2

    def test_and_issuing_say_how_the_account_was_handed_out(self, now: datetime, started: StartedSession) -> None:
        person_id = started.signed_in.person_id
        assert Account.objects.get(pk=person_id).proofing == Proofing.DESK
        Account.objects.filter(pk=person_id).update(proofing=Proofing.OPERATOR)
        services.recover_account(person_id=person_id, actor=DESK, now=now)
        assert Account.objects.get(pk=person_id).proofing == Proofing.DESK
