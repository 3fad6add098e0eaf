"""Natural and legal persons, as they are registered."""

from dataclasses import dataclass
from enum import StrEnum

from kapi.contexts.identity.values.ids import LegalPersonId, PersonId
from kapi.kernel.identifiers import IdentityNumber, MersisNumber, TaxNumber


class CorrectionReason(StrEnum):
    """Why a registered name or birth date is corrected. A word and no free text: the audit trail keeps it for ever."""

    MISTAKE = "mistake"  # it was typed wrongly at the desk
    DOCUMENT = "document"  # the identity document says otherwise since it was renewed
    COURT = "court"  # a court decided
    REGISTER = "register"  # the population register was corrected


@dataclass(frozen=True, kw_only=True)
class BirthDate:
    """When a person was born, as far as it is known: the day, or the month as well, or all of it may be missing."""

    year: int | None = None
    month: int | None = None
    day: int | None = None


@dataclass(frozen=True, kw_only=True)
class PersonDetails:
    """What is known of a person, but for their number."""

    person_id: PersonId
    given_names: str
    family_name: str | None
    birth_year: int | None
    birth_month: int | None
    birth_day: int | None

    @property
    def display_name(self) -> str:
        """The name as it is shown."""
        return " ".join(part for part in (self.given_names, self.family_name) if part)

    @property
    def birth(self) -> BirthDate:
        """The birth date as far as it is known."""
        return BirthDate(year=self.birth_year, month=self.birth_month, day=self.birth_day)


@dataclass(frozen=True, kw_only=True)
class PersonRecord(PersonDetails):
    """What is known of a person."""

    identity_number: IdentityNumber


@dataclass(frozen=True, kw_only=True)
class LegalPersonRecord:
    """What is known of a legal person. `mersis_number` is None where the register states none."""

    legal_person_id: LegalPersonId
    name: str
    tax_number: TaxNumber
    mersis_number: MersisNumber | None


@dataclass(frozen=True, kw_only=True)
class Principal:
    """For whom a session acts, where it is not the person themselves."""

    legal_person_id: LegalPersonId
    name: str
