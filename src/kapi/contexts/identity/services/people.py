"""Registering people."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from kapi.contexts.identity import selectors
from kapi.contexts.identity.errors import PersonDiffers, PersonNotFound
from kapi.contexts.identity.models import Person
from kapi.contexts.identity.rules.details import clean_details
from kapi.contexts.identity.services.history import NOWHERE, note_in_history
from kapi.contexts.identity.values import BirthDate, CorrectionReason, HistoryKind, PersonId
from kapi.foundation import keys
from kapi.foundation.audit.services import record
from kapi.kernel.actors import Actor
from kapi.kernel.identifiers import IdentityNumber


def register_person(
    *,
    identity_number: IdentityNumber,
    given_names: str,
    family_name: str | None,
    birth: BirthDate,
    actor: Actor,
    now: datetime,
) -> PersonId:
    """Register a person, or find the one already registered with the same name and birth date.

    :raises InvalidValue: if a name or the birth date cannot be.
    :raises PersonDiffers: if the number is registered with another name or birth date; see `correct_person`.
    """
    details = clean_details(given_names, family_name, birth, today=timezone.localdate(now))
    with transaction.atomic():
        person_id = selectors.find_person(identity_number=identity_number)
        if person_id is None:
            row, is_new = Person.objects.get_or_create(
                number_digest=keys.digest(identity_number.digits, purpose=selectors.NUMBER),
                defaults={
                    "number_sealed": keys.seal(identity_number.digits, purpose=selectors.NUMBER),
                    "created_at": now,
                    **details,
                },
            )
            person_id = PersonId(row.pk)
            if is_new:
                _audit("identity.person_registered", person_id, actor, now)
                return person_id
        is_same = Person.objects.filter(pk=person_id, **details).exists()
        _audit("identity.person_looked_up", person_id, actor, now, registering=True)
    if not is_same:  # raised out here, for what was asked stays written down
        raise PersonDiffers
    return person_id


def look_up_person(*, identity_number: IdentityNumber, actor: Actor, now: datetime) -> PersonId:
    """Find a person for a member of staff, and write down that they looked, even if there is nobody.

    :raises PersonNotFound: if nobody is registered under the number.
    """
    person_id = selectors.find_person(identity_number=identity_number)
    if person_id is None:
        record(action="identity.nobody_found", subject_kind="person", subject_id="", actor=actor, now=now)
        raise PersonNotFound
    _audit("identity.person_looked_up", person_id, actor, now)
    return person_id


def correct_person(
    *,
    person_id: PersonId,
    given_names: str,
    family_name: str | None,
    birth: BirthDate,
    reason: CorrectionReason,
    actor: Actor,
    now: datetime,
) -> None:
    """Write down another name or birth date of a registered person, from a document shown at a desk.

    The owner of an account reads of it in their history.

    :raises InvalidValue: if a name or the birth date cannot be.
    :raises PersonNotFound: if nobody is registered under the id.
    """
    details = clean_details(given_names, family_name, birth, today=timezone.localdate(now))
    with transaction.atomic():
        row = Person.objects.select_for_update(of=("self",)).filter(pk=person_id).first()
        if row is None:
            raise PersonNotFound
        changed = sorted(name for name, value in details.items() if getattr(row, name) != value)
        if changed:
            Person.objects.filter(pk=person_id).update(**details)
            _audit("identity.person_corrected", person_id, actor, now, changed=changed, reason=reason)
            note_in_history(
                person_id=person_id,
                session_id=None,
                kind=HistoryKind.CORRECTED,
                visitor=NOWHERE,
                actor=actor,
                now=now,
            )


def _audit(action: str, person_id: PersonId, actor: Actor, now: datetime, **details: object) -> None:
    record(action=action, subject_kind="person", subject_id=str(person_id), actor=actor, now=now, details=dict(details))
