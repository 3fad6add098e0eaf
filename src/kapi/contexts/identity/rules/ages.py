"""Who is old enough for an account."""

import calendar
from datetime import date

from kapi.contexts.identity.values import BirthDate
from kapi.kernel.errors import InvalidValue

LEAST_AGE = 15
_EARLIEST_YEAR = 1850


def check_birth(birth: BirthDate, *, today: date) -> None:
    """Refuse a birth date that cannot be: a day without a month, a month without a year, 30 February, tomorrow.

    :raises InvalidValue: field `birth_year`, `birth_month` or `birth_day`, reason `missing` or `range`.
    """
    if birth.month is not None and birth.year is None:
        raise InvalidValue("birth_year", "missing")
    if birth.day is not None and birth.month is None:
        raise InvalidValue("birth_month", "missing")
    if birth.year is not None and not _EARLIEST_YEAR <= birth.year <= today.year:
        raise InvalidValue("birth_year", "range")
    if birth.month is not None and not 1 <= birth.month <= 12:
        raise InvalidValue("birth_month", "range")
    if birth.day is not None and not 1 <= birth.day <= _days(birth):
        raise InvalidValue("birth_day", "range")
    if birth.year is not None and date(birth.year, birth.month or 1, birth.day or 1) > today:
        raise InvalidValue("birth_month" if birth.day is None else "birth_day", "range")


def is_old_enough(birth: BirthDate, *, today: date) -> bool | None:
    """Tell whether the person has certainly reached the least age; `None` if the year is unknown.

    What is unknown counts as the latest it can be: no month is December, no day the month's last.
    """
    if birth.year is None:
        return None
    latest = (birth.year, birth.month or 12, birth.day or _days(birth))
    # Comparing the parts puts the birthday of 29 February on 1 March in other years.
    return (latest[0] + LEAST_AGE, *latest[1:]) <= (today.year, today.month, today.day)


def _days(birth: BirthDate) -> int:
    return calendar.monthrange(birth.year or 2000, birth.month or 12)[1]
