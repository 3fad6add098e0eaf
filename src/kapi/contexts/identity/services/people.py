"""Registering people."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from kapi.contexts.identity import selectors
from kapi.contexts.identity.errors import PersonDiffers, PersonNotFound
from kapi.contexts.identity.models import Person
from kapi.contexts.identity.rules.ages import check_birth
from kapi.contexts.identity.rules.names import clean_name
from kapi.contexts.identity.values import BirthDate, PersonId
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
    details = _details(given_names, family_name, birth, now)
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
        if not Person.objects.filter(pk=person_id, **details).exists():
            raise PersonDiffers
    return person_id


def look_up_person(*, identity_number: IdentityNumber, actor: Actor, now: datetime) -> PersonId:
    """Find a person for a member of staff, and write down that they looked.

    :raises PersonNotFound: if nobody is registered under the number.
    """
    person_id = selectors.find_person(identity_number=identity_number)
    if person_id is None:
        raise PersonNotFound
    _audit("identity.person_looked_up", person_id, actor, now)
    return person_id


def correct_person(
    *, person_id: PersonId, given_names: str, family_name: str | None, birth: BirthDate, actor: Actor, now: datetime
) -> None:
    """Write down another name or birth date of a registered person, from a document shown at a desk.

    :raises InvalidValue: if a name or the birth date cannot be.
    :raises PersonNotFound: if nobody is registered under the id.
    """
    details = _details(given_names, family_name, birth, now)
    with transaction.atomic():
        row = Person.objects.select_for_update(of=("self",)).filter(pk=person_id).first()
        if row is None:
            raise PersonNotFound
        changed = sorted(name for name, value in details.items() if getattr(row, name) != value)
        if changed:
            Person.objects.filter(pk=person_id).update(**details)
            _audit("identity.person_corrected", person_id, actor, now, changed=changed)


def _details(given_names: str, family_name: str | None, birth: BirthDate, now: datetime) -> dict[str, str | int | None]:
    check_birth(birth, today=timezone.localdate(now))
    return {
        "given_names": clean_name(given_names, field="given_names"),
        "family_name": clean_name(family_name, field="family_name") if family_name else "",
        "birth_year": birth.year,
        "birth_month": birth.month,
        "birth_day": birth.day,
    }


def _audit(action: str, person_id: PersonId, actor: Actor, now: datetime, **details: object) -> None:
    record(action=action, subject_kind="person", subject_id=str(person_id), actor=actor, now=now, details=dict(details))
