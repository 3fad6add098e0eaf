"""Printed recovery codes."""

import re

from kapi.contexts.identity.rules.recovery import HOW_MANY, RecoveryList, left, make_codes


class TestMakeCodes:
    def test_makes_ten_different_ones_without_signs_that_look_alike(self) -> None:
        codes = make_codes()
        assert len(set(codes)) == HOW_MANY == 10
        assert all(re.fullmatch(r"[2-9ACEFGHJKMNPRTUXY]{4}(-[2-9ACEFGHJKMNPRTUXY]{4}){2}", code) for code in codes)

    def test_never_makes_the_same_twice(self) -> None:
        assert not set(make_codes()) & set(make_codes())


class TestRecoveryList:
    def test_knows_each_code_by_a_bit_of_its_own(self) -> None:
        codes = make_codes()
        kept = RecoveryList.from_text(RecoveryList.of(codes).to_text())
        assert [kept.bit_of(code) for code in codes] == [2**place for place in range(10)]

    def test_reads_a_code_as_people_type_it(self) -> None:
        codes = make_codes()
        kept = RecoveryList.of(codes)
        assert kept.bit_of(f" {codes[3].lower().replace('-', ' ')} ") == 8

    def test_knows_no_other(self) -> None:
        kept = RecoveryList.of(make_codes())
        assert [kept.bit_of(typed) for typed in ("", "0", make_codes()[0], "x" * 100_000)] == [None] * 4

    def test_holds_no_code(self) -> None:
        codes = make_codes()
        text = RecoveryList.of(codes).to_text()
        assert not [code for code in codes if code in text or code.replace("-", "") in text]

    def test_differs_for_the_same_codes(self) -> None:
        codes = make_codes()
        assert not set(RecoveryList.of(codes).hashes) & set(RecoveryList.of(codes).hashes)


class TestLeft:
    def test_counts_what_was_not_used(self) -> None:
        assert [left(used) for used in (0, 1, 0b1010, 2**10 - 1)] == [10, 9, 8, 0]
