"""The contract suite of registers: each that settings can name passes it."""

from datetime import UTC, datetime

import pytest
from pytest_django import Settings

from kapi.contexts.mandates.errors import NoRegister, RegisterUnavailable
from kapi.contexts.mandates.providers.registry import get_register
from kapi.contexts.mandates.values import MandateScope
from tests import people
from tests.contexts.mandates.register_in_tests import BAKERY, GARAGE, MILL, WrittenRegister


class TestRegister:
    def test_names_everybody_whom_a_person_may_act_for_once(self, register: WrittenRegister) -> None:
        register.says(
            (people.NUMBER, BAKERY, "2020-01-01", "", ""),
            (people.NUMBER, MILL, "2020-01-01", "2027-12-31", "su-borcu|imar-durumu"),
            (people.OTHER_NUMBER, GARAGE, "2020-01-01", "", ""),
        )
        found = get_register().representations_of(identity_number=people.NUMBER)
        assert [line.tax_number.digits for line in found] == [BAKERY, MILL]
        whole, limited = (line.terms for line in found)
        assert (whole.scope, whole.services, whole.ends_at) == (MandateScope.ALL, frozenset(), None)
        assert (limited.scope, limited.services) == (MandateScope.LISTED, frozenset({"su-borcu", "imar-durumu"}))
        # The last day counts to its end, here.
        assert limited.ends_at == datetime(2027, 12, 31, 21, tzinfo=UTC)

    def test_names_nobody_for_a_stranger(self, register: WrittenRegister) -> None:
        assert get_register().representations_of(identity_number=people.NOBODYS_NUMBER) == ()

    def test_says_when_it_cannot_be_reached(self, register: WrittenRegister) -> None:
        get_register().check()
        register.is_down()
        with pytest.raises(RegisterUnavailable):
            get_register().check()
        with pytest.raises(RegisterUnavailable):
            get_register().representations_of(identity_number=people.NUMBER)

    @pytest.mark.parametrize(
        "line",
        [
            (people.NUMBER, BAKERY, "yesterday", "", ""),
            (people.NUMBER, BAKERY, "2026-01-02", "2025-01-01", ""),
            (people.NUMBER, "4540536920", "2026-01-02", "", ""),
        ],
    )
    def test_gives_no_half_answer_and_repeats_no_number(
        self, register: WrittenRegister, line: tuple[str, str, str, str, str]
    ) -> None:
        register.says((people.NUMBER, MILL, "2020-01-01", "", ""), line)  # type: ignore[arg-type]
        with pytest.raises(RegisterUnavailable) as refusal:
            get_register().representations_of(identity_number=people.NUMBER)
        assert people.NUMBER.digits not in repr(refusal.value)

    def test_has_a_short_name_to_be_written_beside_mandates(self, register: WrittenRegister) -> None:
        assert 0 < len(get_register().name) <= 40


class TestRegistry:
    def test_says_that_there_is_no_register(self, settings: Settings) -> None:
        settings.REPRESENTATIVES_REGISTER = ""
        with pytest.raises(NoRegister):
            get_register()
