"""Names."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapi.contexts.identity.rules.names import clean_name
from kapi.kernel.errors import InvalidValue


class TestCleanName:
    @pytest.mark.parametrize(
        "name", ["Deniz", "Ayşe Nur", "O'Brien", "D’Angelo", "Nguyễn Thị", "محمد", "Jean-Luc", "M. Kemal", "Ü"]
    )
    def test_takes_names_as_they_are(self, name: str) -> None:
        assert clean_name(name, field="given_names") == name

    def test_tidies_blanks_and_composition(self) -> None:
        typed = unicodedata.normalize("NFD", "  Çiğdem \t Şule\u00a0")
        assert clean_name(typed, field="given_names") == "Çiğdem Şule"

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("", "missing"),
            ("   ", "missing"),
            ("...", "characters"),
            ("R2D2", "characters"),
            ("<b>Ali</b>", "characters"),
            ("Ali\0", "characters"),
            ("Ali\u202eneD", "characters"),
            ("A" * 121, "length"),
        ],
    )
    def test_says_what_is_wrong(self, name: str, reason: str) -> None:
        with pytest.raises(InvalidValue) as refusal:
            clean_name(name, field="given_names")
        assert (refusal.value.field, refusal.value.reason) == ("given_names", reason)

    @given(st.text(max_size=150))
    def test_gives_a_name_or_says_no_and_is_done_once(self, text: str) -> None:
        try:
            name = clean_name(text, field="given_names")
        except InvalidValue:
            return
        assert clean_name(name, field="given_names") == name
        assert 1 <= len(name) <= 120
