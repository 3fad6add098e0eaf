"""Questions about natural and legal persons."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from kapi.contexts.identity.errors import LegalPersonNotFound, PersonNotFound
from kapi.contexts.identity.models import LegalPerson, Person
from kapi.contexts.identity.rules.details import clean_details
from kapi.contexts.identity.values import (
    BirthDate,
    LegalPersonId,
    LegalPersonRecord,
    PersonDetails,
    PersonId,
    PersonRecord,
)
from kapi.foundation import keys
from kapi.foundation.statements import Question, Slot
from kapi.kernel.identifiers import IdentityNumber, MersisNumber, TaxNumber

NUMBER = "identity-number"  # the purposes under which numbers are sealed and digested
TAX_NUMBER = "tax-number"
MERSIS_NUMBER = "mersis-number"
# What is known of a person, as columns that a query of another context may read along: see `person_details_of`.
DETAILS_OF_PERSON = ("given_names", "family_name", "birth_year", "birth_month", "birth_day")
SEALED_NUMBER_OF_PERSON = "number_sealed"  # which `open_identity_number` opens
_PERSON = Question(lambda: Person.objects.filter(pk=Slot("id")))


def find_person(*, identity_number: IdentityNumber) -> PersonId | None:
    """Return who has the number, if anybody registered has."""
    digests = keys.digests(identity_number.digits, purpose=NUMBER)
    found = Person.objects.filter(number_digest__in=digests).values_list("pk", flat=True).order_by("pk").first()
    return None if found is None else PersonId(found)


def get_person_record(*, person_id: PersonId) -> PersonRecord:
    """Return what is known of a person; opens the sealed number.

    :raises PersonNotFound: if nobody is registered under the id.
    """
    row = _PERSON.first(id=person_id)
    if row is None:
        raise PersonNotFound
    return PersonRecord(
        person_id=person_id,
        identity_number=open_identity_number(row.number_sealed),
        given_names=row.given_names,
        family_name=row.family_name or None,
        birth_year=row.birth_year,
        birth_month=row.birth_month,
        birth_day=row.birth_day,
    )


def person_details_of(*, person_id: int, columns: Sequence[Any]) -> PersonDetails:
    """Return what the columns `DETAILS_OF_PERSON` say."""
    given_names, family_name, birth_year, birth_month, birth_day = columns
    return PersonDetails(
        person_id=PersonId(person_id),
        given_names=given_names,
        family_name=family_name or None,
        birth_year=birth_year,
        birth_month=birth_month,
        birth_day=birth_day,
    )


def open_identity_number(sealed: bytes | memoryview) -> IdentityNumber:
    """Return the number that a column `SEALED_NUMBER_OF_PERSON` holds."""
    return IdentityNumber.parse(keys.open_sealed(sealed, purpose=NUMBER))


def correction_of(
    *, person_id: PersonId, given_names: str, family_name: str | None, birth: BirthDate, now: datetime
) -> tuple[PersonRecord, PersonRecord]:
    """Return what is known of a person, and what would be after `services.correct_person` with the same details.

    :raises InvalidValue: if a name or the birth date cannot be.
    :raises PersonNotFound: if nobody is registered under the id.
    """
    before = get_person_record(person_id=person_id)
    details = clean_details(given_names, family_name, birth, today=timezone.localdate(now))
    changes: dict[str, Any] = details | {"family_name": details["family_name"] or None}
    return before, replace(before, **changes)


def names_of(*, person_ids: Iterable[int]) -> dict[int, str]:
    """Return the names of many people, by id, without opening their numbers. One query; strangers are left out."""
    rows = Person.objects.filter(pk__in=set(person_ids)).values_list("pk", "given_names", "family_name").order_by("pk")
    return {pk: " ".join(part for part in (given, family) if part) for pk, given, family in rows}


def find_legal_person(*, tax_number: TaxNumber) -> LegalPersonId | None:
    """Return which legal person has the number, if any registered has."""
    digests = keys.digests(tax_number.digits, purpose=TAX_NUMBER)
    rows = LegalPerson.objects.filter(tax_number_digest__in=digests)
    found = rows.values_list("pk", flat=True).order_by("pk").first()
    return None if found is None else LegalPersonId(found)


def get_legal_person(*, legal_person_id: LegalPersonId) -> LegalPersonRecord:
    """Return what is known of a legal person; opens its sealed numbers.

    :raises LegalPersonNotFound: if none is registered under the id.
    """
    found = legal_persons(legal_person_ids=[legal_person_id])
    if not found:
        raise LegalPersonNotFound
    return found[legal_person_id]


def legal_persons(*, legal_person_ids: Iterable[LegalPersonId]) -> dict[LegalPersonId, LegalPersonRecord]:
    """Return what is known of several legal persons, by id; strangers are left out. One query."""
    rows = LegalPerson.objects.filter(pk__in=set(legal_person_ids)).order_by("pk")
    return {LegalPersonId(row.pk): _legal_person(row) for row in rows}


def _legal_person(row: LegalPerson) -> LegalPersonRecord:
    mersis = keys.open_sealed(row.mersis_number_sealed, purpose=MERSIS_NUMBER) if row.mersis_number_digest else ""
    return LegalPersonRecord(
        legal_person_id=LegalPersonId(row.pk),
        name=row.name,
        tax_number=TaxNumber.parse(keys.open_sealed(row.tax_number_sealed, purpose=TAX_NUMBER)),
        mersis_number=MersisNumber.parse(mersis) if mersis else None,
    )
