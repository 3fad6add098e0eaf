"""Numbers that name people and institutions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapi.kernel.errors import InvalidValue
from kapi.kernel.identifiers import (
    IdentityNumber,
    InstitutionCode,
    MersisNumber,
    TaxNumber,
    hide_long_numbers,
)


class TestIdentityNumber:
    @pytest.mark.parametrize("digits", ["10000000146", "17291716060", "99000000042", "99123456740", " 100 000 001 46 "])
    def test_accepts_published_numbers(self, digits: str) -> None:
        assert IdentityNumber.parse(digits).digits == digits.replace(" ", "")

    @pytest.mark.parametrize(
        ("digits", "reason"),
        [
            ("", "length"),
            ("1000000014", "length"),
            ("1000000014a", "digits"),
            ("١٠٠٠٠٠٠٠١٤٦", "digits"),
            ("00000000000", "checksum"),
        ],
    )
    def test_says_what_is_wrong(self, digits: str, reason: str) -> None:
        with pytest.raises(InvalidValue) as refusal:
            IdentityNumber.parse(digits)
        assert (refusal.value.field, refusal.value.reason) == ("identity_number", reason)

    @given(st.integers(0, 10), st.integers(1, 9))
    def test_catches_every_single_wrong_digit(self, place: int, change: int) -> None:
        digits = list("17291716060")
        digits[place] = str((int(digits[place]) + change) % 10)
        with pytest.raises(InvalidValue):
            IdentityNumber.parse("".join(digits))

    def test_never_shows_itself(self) -> None:
        number = IdentityNumber.parse("10000000146")
        assert "100000001" not in f"{number} {number!r} {number.masked}"

    def test_knows_foreigners(self) -> None:
        assert IdentityNumber.parse("99000000042").is_foreigners
        assert not IdentityNumber.parse("10000000146").is_foreigners


class TestTaxNumber:
    @pytest.mark.parametrize("digits", ["4540536920", " 454 053 69 20 ", "1000000018"])
    def test_accepts_numbers_that_check(self, digits: str) -> None:
        assert TaxNumber.parse(digits).digits == digits.replace(" ", "")

    @pytest.mark.parametrize(
        ("digits", "reason"),
        [("", "length"), ("454053692", "length"), ("454053692a", "digits"), ("4540536921", "checksum")],
    )
    def test_says_what_is_wrong(self, digits: str, reason: str) -> None:
        with pytest.raises(InvalidValue) as refusal:
            TaxNumber.parse(digits)
        assert (refusal.value.field, refusal.value.reason) == ("tax_number", reason)

    @given(st.integers(0, 999_999_999))
    def test_has_one_check_digit_for_every_body(self, body: int) -> None:
        good = 0
        for digit in range(10):
            try:
                TaxNumber.parse(f"{body:09d}{digit}")
            except InvalidValue:
                continue
            good += 1
        assert good == 1

    def test_never_shows_itself(self) -> None:
        number = TaxNumber.parse("4540536920")
        assert "454053" not in f"{number} {number!r} {number.masked}"


class TestMersisNumber:
    def test_has_sixteen_digits_and_no_other_rule(self) -> None:
        assert MersisNumber.parse("0454 0536 9200 0015").digits == "0454053692000015"
        for wrong, reason in (("045405369200001", "length"), ("045405369200001x", "digits")):
            with pytest.raises(InvalidValue) as refusal:
                MersisNumber.parse(wrong)
            assert (refusal.value.field, refusal.value.reason) == ("mersis_number", reason)

    def test_never_shows_itself(self) -> None:
        number = MersisNumber.parse("0454053692000015")
        assert "454053" not in f"{number} {number!r}"


class TestInstitutionCode:
    def test_has_eight_digits(self) -> None:
        assert str(InstitutionCode.parse(" 24301234 ")) == "24301234"
        for wrong, reason in (("2430123", "length"), ("2430123x", "digits"), ("²4301234", "digits")):
            with pytest.raises(InvalidValue) as refusal:
                InstitutionCode.parse(wrong)
            assert refusal.value.reason == reason


class TestHideLongNumbers:
    @pytest.mark.parametrize(
        ("text", "kept"),
        [
            ("10000000146", "[...]"),
            ("No 10000000146.", "No [...]."),
            ("numaram 100 000 001 46 idi", "numaram [...] idi"),
            ("100-000-001-46", "[...]"),
            ("100.000.001.46", "[...]"),
            ("1 0 0 0 0 0 0 0 1 4 6", "[...]"),
            ("١٠٠٠٠٠٠٠١٤٦", "[...]"),
            ("0532 123 45 67", "[...]"),
            ("TR33 0006 1005 1978 6457 8413 26", "TR[...]"),
            ("2026 yılı, 5510 sayılı", "2026 yılı, 5510 sayılı"),
            ("22.11.2026", "22.11.2026"),
            ("İKAMETGÂH", "İKAMETGÂH"),
        ],
    )
    def test_hides_what_may_name_a_person_and_keeps_the_rest(self, text: str, kept: str) -> None:
        assert hide_long_numbers(text) == kept

    @given(st.text(max_size=50), st.text(max_size=50))
    def test_never_lets_an_identity_number_through(self, before: str, after: str) -> None:
        assert "10000000146" not in hide_long_numbers(before + "10000000146" + after)
