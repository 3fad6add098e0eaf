"""What is written down of a person besides the number."""

from datetime import date

from kapi.contexts.identity.rules.ages import check_birth
from kapi.contexts.identity.rules.names import clean_name
from kapi.contexts.identity.values import BirthDate


def clean_details(
    given_names: str, family_name: str | None, birth: BirthDate, *, today: date
) -> dict[str, str | int | None]:
    """Return the columns as they are stored.

    :raises InvalidValue: if a name or the birth date cannot be.
    """
    check_birth(birth, today=today)
    return {
        "given_names": clean_name(given_names, field="given_names"),
        "family_name": clean_name(family_name, field="family_name") if family_name else "",
        "birth_year": birth.year,
        "birth_month": birth.month,
        "birth_day": birth.day,
    }
