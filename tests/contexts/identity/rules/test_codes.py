"""Sealed codes."""

from hypothesis import given
from hypothesis import strategies as st

from kapi.contexts.identity.rules import codes


class TestMakeCode:
    def test_is_printed_in_three_groups_of_four(self) -> None:
        groups = codes.make_code().split("-")
        assert [len(group) for group in groups] == [4, 4, 4]
        assert set("".join(groups)) <= set(codes.ALPHABET)

    def test_cannot_be_guessed(self) -> None:
        assert len(codes.ALPHABET) ** codes.LENGTH > 2**55
        assert len({codes.make_code() for _ in range(1000)}) == 1000

    def test_has_at_most_one_of_signs_that_look_or_sound_alike(self) -> None:
        assert len(set(codes.ALPHABET)) == len(codes.ALPHABET)
        for alike in ("0OQD", "1IİıL", "2Z", "5S", "8B", "UVW"):
            assert len(set(alike) & set(codes.ALPHABET)) <= 1


class TestReadCode:
    @given(st.text(st.sampled_from(codes.ALPHABET), min_size=codes.LENGTH, max_size=codes.LENGTH))
    def test_does_not_care_for_case_hyphens_or_blanks(self, signs: str) -> None:
        for typed in (signs.lower(), "-".join(signs), f" {signs[:4]} {signs[4:8]}–{signs[8:]}\n"):
            assert codes.read_code(typed) == signs

    def test_reads_a_sign_that_is_not_used_as_the_one_it_resembles(self) -> None:
        assert codes.read_code("z s b v") == "258U"

    @given(st.text(max_size=300))
    def test_bears_every_text(self, typed: str) -> None:
        assert "-" not in codes.read_code(typed)
