"""What a mandate is good for."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapi.contexts.identity.values import LegalPersonId, PersonId
from kapi.contexts.mandates import rules
from kapi.contexts.mandates.values import MandateId, MandateRecord, MandateScope, Terms
from kapi.kernel.errors import InvalidValue

DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)
START = datetime.fromisoformat("2026-11-01T00:00:00+03:00")


def mandate(
    *,
    ends_at: datetime | None = None,
    confirmed_at: datetime = START,
    ended_at: datetime | None = None,
    scope: MandateScope = MandateScope.ALL,
    services: frozenset[str] = frozenset(),
) -> MandateRecord:
    return MandateRecord(
        mandate_id=MandateId(1),
        representative_id=PersonId(1),
        principal_id=LegalPersonId(1),
        principal_name="Örnek",
        terms=Terms(scope=scope, services=services, starts_at=START, ends_at=ends_at),
        source="dummy",
        confirmed_at=confirmed_at,
        ended_at=ended_at,
    )


class TestIsGood:
    def test_from_its_first_moment_and_not_before(self) -> None:
        assert rules.is_good(mandate(), now=START)
        assert not rules.is_good(mandate(), now=START - MOMENT)

    def test_to_its_last_moment_and_no_longer(self) -> None:
        short = mandate(ends_at=START + DAY)
        assert rules.is_good(short, now=START + DAY - MOMENT)
        assert not rules.is_good(short, now=START + DAY)

    def test_no_longer_once_it_has_ended(self) -> None:
        assert not rules.is_good(mandate(ended_at=START), now=START + DAY)

    def test_for_a_week_after_the_register_last_stated_it(self) -> None:
        assert rules.is_good(mandate(), now=START + 7 * DAY - MOMENT)
        assert not rules.is_good(mandate(), now=START + 7 * DAY)
        assert rules.is_good(mandate(confirmed_at=START + DAY), now=START + 7 * DAY)

    @given(st.integers(-20, 20), st.integers(1, 20), st.integers(-20, 20))
    def test_never_beyond_its_term_however_lately_it_was_confirmed(self, at: int, length: int, heard: int) -> None:
        now = START + at * DAY
        found = mandate(ends_at=START + length * DAY, confirmed_at=START + heard * DAY)
        if rules.is_good(found, now=now):
            assert START <= now < START + length * DAY


class TestTerms:
    def test_end_after_they_begin(self) -> None:
        with pytest.raises(InvalidValue):
            mandate(ends_at=START)


class TestCovered:
    def test_are_all_services_without_a_list(self) -> None:
        assert mandate().terms.covered(["a"]) is None

    @given(st.frozensets(st.sampled_from("abcde")), st.frozensets(st.sampled_from("abcde")))
    def test_are_never_more_than_the_mandate_lists_or_than_is_offered(
        self, listed: frozenset[str], offered: frozenset[str]
    ) -> None:
        found = mandate(scope=MandateScope.LISTED, services=listed).terms.covered(offered)
        assert found == listed & offered


class TestIsFresh:
    def test_for_a_minute_after_an_answer(self) -> None:
        assert not rules.is_fresh(None, now=START)
        assert rules.is_fresh(START, now=START + timedelta(seconds=59))
        assert not rules.is_fresh(START, now=START + timedelta(seconds=60))
