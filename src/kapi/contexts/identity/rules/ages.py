"""Who is old enough: for an account, and to be of age."""

import calendar
from datetime import date

from kapi.contexts.identity.values import BirthDate
from kapi.kernel.errors import InvalidValue

LEAST_AGE = 15
OF_AGE = 18
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


def is_old_enough(birth: BirthDate, *, today: date, age: int = LEAST_AGE) -> bool | None:
    """Tell whether the person has certainly reached an age; `None` if the year is unknown.

    What is unknown counts as the latest it can be: no month is December, no day the month's last.
    """
    if birth.year is None:
        return None
    latest = (birth.year, birth.month or 12, birth.day or _days(birth))
    # Comparing the parts puts the birthday of 29 February on 1 March in other years.
    return (latest[0] + age, *latest[1:]) <= (today.year, today.month, today.day)


def births_reaching(age: int, day: date) -> tuple[BirthDate, ...]:
    """Return which birth dates, as they may be known, certainly reach an age on this very day and not before."""
    year = day.year - age
    lasts = [(day.month, day.day)]
    if (day.month, day.day) == (3, 1) and not calendar.isleap(day.year) and calendar.isleap(year):
        lasts.append((2, 29))
    found = []
    for month, last in lasts:
        days = _days(BirthDate(year=year, month=month))
        if last <= days:
            found.append(BirthDate(year=year, month=month, day=last))
        if last == days:
            found.append(BirthDate(year=year, month=month))
        if (month, last) == (12, 31):
            found.append(BirthDate(year=year))
    return tuple(found)


def _days(birth: BirthDate) -> int:
    return calendar.monthrange(birth.year or 2000, birth.month or 12)[1]
