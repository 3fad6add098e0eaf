"""Vouching for authenticators: what a person who works here may prove themselves with.

A password can be learnt by others, and whoever knows it could add a passkey of their own. So a passkey opens the work
pages only if something better stood behind its adding: a sealed code handed over in person, another passkey that was
vouched for, or an enrolment that another person opened for an hour and for one passkey.
"""

from datetime import datetime

from django.db import transaction

from kapi.contexts.identity.errors import EnrolmentOutlastsEmergency, OwnEnrolment, PersonNotFound
from kapi.contexts.identity.events import EnrolmentOpened
from kapi.contexts.identity.models import Authenticator, Enrolment, Person
from kapi.contexts.identity.rules import vouching as rules
from kapi.contexts.identity.rules.assurance import METHOD_OF, STRENGTHS
from kapi.contexts.identity.services.history import NOWHERE, note_in_history
from kapi.contexts.identity.values import (
    AuthenticatorId,
    AuthenticatorKind,
    HistoryKind,
    PersonId,
    SignedIn,
    Voucher,
)
from kapi.foundation.audit.services import record
from kapi.foundation.outbox.services import publish
from kapi.kernel.actors import Actor, ActorKind


def open_enrolment(*, person_id: PersonId, actor: Actor, now: datetime) -> datetime:
    """Let a person add one passkey that counts at work, for an hour; return until when. Takes an earlier one's place.

    The actor answers for it that the person is who they are; the door has judged that they may.

    :raises PersonNotFound: if nobody is registered under the id.
    :raises OwnEnrolment: if it would be the actor's own.
    :raises EnrolmentOutlastsEmergency: if the actor acts under an emergency.
    """
    if actor.emergency:
        raise EnrolmentOutlastsEmergency
    opened_by = int(actor.id) if actor.kind in (ActorKind.STAFF, ActorKind.PERSON) else None
    if opened_by == person_id:
        raise OwnEnrolment
    expires_at = now + rules.ENROLMENT_VALID_FOR
    with transaction.atomic():
        if Person.objects.select_for_update(of=("self",)).filter(pk=person_id).first() is None:
            raise PersonNotFound
        Enrolment.objects.filter(person_id=person_id, closed_at=None).update(closed_at=now)
        row = Enrolment.objects.create(person_id=person_id, opened_by=opened_by, opened_at=now, expires_at=expires_at)
        kind = HistoryKind.ENROLMENT_OPENED
        note_in_history(person_id=person_id, session_id=None, kind=kind, visitor=NOWHERE, actor=actor, now=now)
        record(
            action="identity.enrolment_opened",
            subject_kind="person",
            subject_id=str(person_id),
            actor=actor,
            now=now,
            details={"enrolment": row.pk},
        )
        publish(EnrolmentOpened(enrolment_id=row.pk, person_id=person_id), now=now)
    return expires_at


def vouch_for_new(
    *, authenticator_id: AuthenticatorId, kind: AuthenticatorKind, signed_in: SignedIn, actor: Actor, now: datetime
) -> Voucher | None:
    """Write down on what a new authenticator rests, in the transaction that adds it; None if on the password alone.

    An open enrolment is used up only where nothing else vouches.
    """
    if not STRENGTHS[METHOD_OF[kind]].is_phishing_resistant:
        return None
    own = Authenticator.objects.filter(person_id=signed_in.person_id).exclude(vouched_by="").order_by("pk")
    vouched = {AuthenticatorId(pk) for pk in own.values_list("pk", flat=True)}
    voucher = rules.voucher_of(signed_in.proofs, vouched, now)
    if voucher is None and _use_enrolment(signed_in.person_id, now):
        voucher = Voucher.ENROLMENT
    if voucher is not None:
        Authenticator.objects.filter(pk=authenticator_id).update(vouched_by=voucher)
        record(
            action="identity.authenticator_vouched_for",
            subject_kind="authenticator",
            subject_id=str(authenticator_id),
            actor=actor,
            now=now,
            details={"person_id": signed_in.person_id, "voucher": voucher},
        )
    return voucher


def _use_enrolment(person_id: PersonId, now: datetime) -> bool:
    """Use the open enrolment up, in one statement: it lets one passkey in."""
    open_now = Enrolment.objects.filter(person_id=person_id, closed_at=None, opened_at__lte=now, expires_at__gt=now)
    return bool(open_now.update(used_at=now, closed_at=now))
