"""Enrolments, and which passkeys count at work."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import EnrolmentOutlastsEmergency, OwnEnrolment, PersonNotFound
from kapi.contexts.identity.models import Authenticator, Enrolment
from kapi.contexts.identity.rules.vouching import ENROLMENT_VALID_FOR
from kapi.contexts.identity.services.authenticators import keep_authenticator
from kapi.contexts.identity.values import AuthenticatorKind, HistoryKind, PersonId, SignedIn
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.outbox.models import OutboxEvent
from kapi.kernel.actors import Actor, ActorKind, system
from tests import people

pytestmark = pytest.mark.django_db
COLLEAGUE = Actor(ActorKind.STAFF, "4711", "24301234")


@pytest.fixture
def worker(now: datetime) -> SignedIn:
    """Somebody who has signed in just now, by password."""
    people.make_citizen(now=now)
    return people.sign_in(now=now).signed_in


def add(signed_in: SignedIn, *, now: datetime, kind: AuthenticatorKind = AuthenticatorKind.PASSKEY) -> str:
    """Add an authenticator and return what vouches for it, empty if nothing does."""
    added = keep_authenticator(
        session_id=signed_in.session_id, kind=kind, name="x", secret="x", actor=signed_in.actor, now=now
    )
    return Authenticator.objects.get(pk=added).vouched_by


class TestOpenEnrolment:
    def test_is_shut_under_an_emergency(self, now: datetime, worker: SignedIn) -> None:
        hurried = Actor(ActorKind.STAFF, "4711", "24301234", emergency="3")
        with pytest.raises(EnrolmentOutlastsEmergency):
            services.open_enrolment(person_id=worker.person_id, actor=hurried, now=now)
        assert not Enrolment.objects.exists()

    def test_lets_one_passkey_in_within_the_hour(self, now: datetime, worker: SignedIn) -> None:
        until = services.open_enrolment(person_id=worker.person_id, actor=COLLEAGUE, now=now)
        assert until == now + ENROLMENT_VALID_FOR
        assert selectors.staff_proof_of(signed_in=worker, now=now).enrolment_until == until
        assert add(worker, now=now) == "enrolment"
        assert not Enrolment.objects.filter(closed_at=None).exists()
        people.prove_with_passkey(worker.session_id, now=now)  # so that a further one may be added at all
        Authenticator.objects.update(vouched_by="")
        assert add(worker, now=now) == ""

    def test_is_over_when_its_time_is(self, now: datetime, worker: SignedIn) -> None:
        services.open_enrolment(person_id=worker.person_id, actor=COLLEAGUE, now=now - ENROLMENT_VALID_FOR)
        assert selectors.staff_proof_of(signed_in=worker, now=now).enrolment_until is None
        assert add(worker, now=now) == ""

    def test_is_not_used_up_by_what_does_not_count_at_work(self, now: datetime, worker: SignedIn) -> None:
        services.open_enrolment(person_id=worker.person_id, actor=COLLEAGUE, now=now)
        assert add(worker, now=now, kind=AuthenticatorKind.TOTP) == ""
        assert Enrolment.objects.filter(closed_at=None).exists()

    def test_takes_the_place_of_an_earlier_one(self, now: datetime, worker: SignedIn) -> None:
        for minutes in (0, 5):
            services.open_enrolment(person_id=worker.person_id, actor=COLLEAGUE, now=now + timedelta(minutes=minutes))
        assert Enrolment.objects.filter(closed_at=None).count() == 1

    def test_is_written_down_told_and_seen_by_its_owner(self, now: datetime, worker: SignedIn) -> None:
        services.open_enrolment(person_id=worker.person_id, actor=COLLEAGUE, now=now)
        (record,) = AuditRecord.objects.filter(action="identity.enrolment_opened")
        assert (record.actor_id, record.institution_code) == ("4711", "24301234")
        assert OutboxEvent.objects.filter(name="identity.enrolment_opened.v1").exists()
        line = selectors.sign_in_history(person_id=worker.person_id).entries[0]
        assert (line.kind, line.staff_id, line.institution_code) == (HistoryKind.ENROLMENT_OPENED, 4711, "24301234")

    def test_is_nobodys_own(self, now: datetime, worker: SignedIn) -> None:
        with pytest.raises(OwnEnrolment):
            services.open_enrolment(
                person_id=worker.person_id, actor=Actor(ActorKind.STAFF, str(worker.person_id)), now=now
            )
        own = {"person_id": worker.person_id, "opened_by": worker.person_id, "opened_at": now}
        with pytest.raises(IntegrityError, match="opened_by_another"), transaction.atomic():
            Enrolment.objects.create(expires_at=now + ENROLMENT_VALID_FOR, **own)
        used = own | {"opened_by": None, "used_at": now}
        with pytest.raises(IntegrityError, match="used_in_time"), transaction.atomic():
            Enrolment.objects.create(expires_at=now + ENROLMENT_VALID_FOR, **used)

    def test_wants_somebody_who_is_registered(self, now: datetime) -> None:
        with pytest.raises(PersonNotFound):
            services.open_enrolment(person_id=PersonId(4712), actor=system("test"), now=now)


class TestVouching:
    def test_password_alone_vouches_for_nothing(self, now: datetime, worker: SignedIn) -> None:
        assert add(worker, now=now) == ""
        assert selectors.staff_proof_of(signed_in=worker, now=now).has_passkey

    def test_sealed_code_of_a_desk_does(self, now: datetime) -> None:
        _person_id, issued = people.issue(now=now)
        signed_in = people.sign_in(now=now, password=issued.code).signed_in
        services.choose_first_password(
            session_id=signed_in.session_id, new_password=people.PASSWORD, actor=signed_in.actor, now=now
        )
        assert add(signed_in, now=now) == "desk"

    def test_passkey_does_if_it_was_vouched_for_itself(self, now: datetime, worker: SignedIn) -> None:
        people.prove_with_passkey(worker.session_id, now=now)
        signed_in = selectors.get_session(session_id=worker.session_id, now=now)
        proof = selectors.staff_proof_of(signed_in=signed_in, now=now)
        assert (proof.proved_at, proof.has_vouched) == (now, True)
        assert add(signed_in, now=now) == "authenticator"
        Authenticator.objects.update(vouched_by="")
        assert add(signed_in, now=now) == ""
        assert selectors.staff_proof_of(signed_in=signed_in, now=now).proved_at is None
