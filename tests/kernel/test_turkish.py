"""Turkish text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapi.kernel import turkish


class TestCase:
    def test_changes_as_turkish_does(self) -> None:
        assert turkish.lower("IĞDIR İSTANBUL") == "ığdır istanbul"
        assert turkish.upper("ığdır istanbul") == "IĞDIR İSTANBUL"

    def test_joins_a_letter_and_its_combining_mark(self) -> None:
        assert turkish.lower("I\u0307ZMI\u0307R") == "izmir"


class TestFold:
    @pytest.mark.parametrize("typed", ["İKAMETGÂH", "ikametgah", "Ikametgah", "  ikâmetgah. ", "i\u0307kametgah"])
    def test_gives_one_form_to_all_ways_of_typing(self, typed: str) -> None:
        assert turkish.fold(typed) == "ikametgah"

    @given(st.text())
    def test_is_ascii_and_stable(self, text: str) -> None:
        folded = turkish.fold(text)
        assert folded.isascii()
        assert turkish.fold(folded) == folded


class TestSortKey:
    def test_sorts_as_a_dictionary(self) -> None:
        words = [
            "zeytin",
            "çilek",
            "ılıca",
            "iğne",
            "cam",
            "Şile",
            "sarı",
            "Ödemiş",
            "orman",
            "üzüm",
            "uzun",
            "Iğdır",
            "2023",
        ]
        expected = "2023 cam çilek Iğdır ılıca iğne orman Ödemiş sarı Şile uzun üzüm zeytin"
        assert sorted(words, key=turkish.sort_key) == expected.split()

    @given(st.text())
    def test_takes_anything(self, text: str) -> None:
        turkish.sort_key(text)


class TestAlphabetKey:
    def test_sorts_as_a_turkish_dictionary_does(self) -> None:
        titles = [
            "Çek",
            "Cuma",
            "Iğdır",
            "İzmir",
            "Işık",
            "Öğrenci",
            "Okul",
            "10 gün",
            "Şehir",
            "Su",
            "su borcu",
            "Âdet",
        ]
        assert sorted(titles, key=turkish.alphabet_key) == [
            "10 gün", "Âdet", "Cuma", "Çek", "Iğdır", "Işık", "İzmir", "Okul", "Öğrenci", "Su", "su borcu", "Şehir",
        ]  # fmt: skip

    @given(st.text())
    def test_is_made_of_few_digits_whatever_the_title(self, title: str) -> None:
        key = turkish.alphabet_key(title)
        assert len(key) <= turkish.LONGEST_ALPHABET_KEY
        assert key == "" or (key.isascii() and key.isdigit())
