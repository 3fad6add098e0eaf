"""Who is old enough, and which birth dates can be."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapi.contexts.identity.rules.ages import OF_AGE, births_reaching, check_birth, is_old_enough
from kapi.contexts.identity.values import BirthDate
from kapi.kernel.errors import InvalidValue

TODAY = date(2026, 11, 22)


class TestIsOldEnough:
    @pytest.mark.parametrize(
        ("birth", "answer"),
        [
            (BirthDate(year=2011, month=11, day=22), True),
            (BirthDate(year=2011, month=11, day=23), False),
            (BirthDate(year=2011, month=10), True),
            (BirthDate(year=2011, month=11), False),
            (BirthDate(year=2010), True),
            (BirthDate(year=2011), False),
            (BirthDate(), None),
            (BirthDate(year=1920, month=1, day=1), True),
        ],
    )
    def test_takes_what_is_unknown_for_the_latest_it_can_be(self, birth: BirthDate, answer: bool | None) -> None:
        assert is_old_enough(birth, today=TODAY) is answer

    def test_gives_those_born_on_29_february_their_birthday_on_1_march(self) -> None:
        leap = BirthDate(year=2012, month=2, day=29)
        assert is_old_enough(leap, today=date(2027, 2, 28)) is False
        assert is_old_enough(leap, today=date(2027, 3, 1)) is True

    @given(st.dates(date(1900, 1, 1), TODAY))
    def test_never_says_yes_sooner_when_less_is_known(self, born: date) -> None:
        day = is_old_enough(BirthDate(year=born.year, month=born.month, day=born.day), today=TODAY)
        month = is_old_enough(BirthDate(year=born.year, month=born.month), today=TODAY)
        year = is_old_enough(BirthDate(year=born.year), today=TODAY)
        assert (bool(year), bool(month), bool(day)) == tuple(sorted((bool(year), bool(month), bool(day))))


class TestCheckBirth:
    @given(st.dates(date(1850, 1, 1), TODAY))
    def test_accepts_every_day_that_was_and_any_part_of_it(self, born: date) -> None:
        for parts in (
            {"year": born.year, "month": born.month, "day": born.day},
            {"year": born.year, "month": born.month},
            {"year": born.year},
            {},
        ):
            check_birth(BirthDate(**parts), today=TODAY)

    @pytest.mark.parametrize(
        ("birth", "field", "reason"),
        [
            (BirthDate(month=5), "birth_year", "missing"),
            (BirthDate(year=1990, day=5), "birth_month", "missing"),
            (BirthDate(year=1849), "birth_year", "range"),
            (BirthDate(year=2027), "birth_year", "range"),
            (BirthDate(year=1990, month=13), "birth_month", "range"),
            (BirthDate(year=1990, month=0), "birth_month", "range"),
            (BirthDate(year=2001, month=2, day=29), "birth_day", "range"),
            (BirthDate(year=2001, month=2, day=0), "birth_day", "range"),
            (BirthDate(year=2026, month=12), "birth_month", "range"),
            (BirthDate(year=2026, month=11, day=23), "birth_day", "range"),
        ],
    )
    def test_names_the_part_that_cannot_be(self, birth: BirthDate, field: str, reason: str) -> None:
        with pytest.raises(InvalidValue) as refusal:
            check_birth(birth, today=TODAY)
        assert (refusal.value.field, refusal.value.reason) == (field, reason)

    @given(st.integers(1800, 2100), st.integers(-1, 14) | st.none(), st.integers(-1, 33) | st.none())
    def test_knows_what_a_date_is(self, year: int, month: int | None, day: int | None) -> None:
        accepted = True
        try:
            check_birth(BirthDate(year=year, month=month, day=day), today=TODAY)
        except InvalidValue:
            accepted = False
        complete = f"{year:04d}-{1 if month is None else month:02d}-{1 if day is None else day:02d}"
        assert accepted == (_is_day_up_to_today(complete) and year >= 1850 and (day is None or month is not None))


def _is_day_up_to_today(text: str) -> bool:
    try:
        return date.fromisoformat(text) <= TODAY
    except ValueError:
        return False


class TestBirthsReaching:
    def test_name_each_birth_date_on_the_one_day_on_which_it_certainly_reaches_the_age(self) -> None:
        start, reached = date(2026, 1, 1), dict[BirthDate, date]()
        for number in range(6 * 366):
            day = start + timedelta(days=number)
            for birth in births_reaching(OF_AGE, day):
                assert birth not in reached
                assert is_old_enough(birth, today=day, age=OF_AGE)
                assert not is_old_enough(birth, today=day - timedelta(days=1), age=OF_AGE)
                reached[birth] = day
        born = {date(2008, 1, 1) + timedelta(days=number) for number in range(5 * 365)}
        assert {BirthDate(year=day.year, month=day.month, day=day.day) for day in born} <= set(reached)
        assert {BirthDate(year=2008, month=month) for month in range(1, 13)} <= set(reached)
        assert reached[BirthDate(year=2008)] == date(2026, 12, 31)
        assert reached[BirthDate(year=2008, month=2, day=29)] == date(2026, 3, 1)
