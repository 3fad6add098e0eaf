"""Titles sort as in a Turkish dictionary, by digits."""

from hypothesis import given
from hypothesis import strategies as st

from kapi.contexts.catalogue.rules.listing import LONGEST_KEY, alphabet_key


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
        assert sorted(titles, key=alphabet_key) == [
            "10 gün", "Âdet", "Cuma", "Çek", "Iğdır", "Işık", "İzmir", "Okul", "Öğrenci", "Su", "su borcu", "Şehir",
        ]  # fmt: skip

    @given(st.text())
    def test_is_made_of_few_digits_whatever_the_title(self, title: str) -> None:
        key = alphabet_key(title)
        assert len(key) <= LONGEST_KEY
        assert key == "" or (key.isascii() and key.isdigit())
