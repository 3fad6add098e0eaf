"""Decisions about what people tell us."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapi.contexts.monitoring import rules
from kapi.contexts.monitoring.values import LONGEST_PAGE, MOST_CHARACTERS
from kapi.kernel.errors import InvalidValue


class TestWordsToKeep:
    def test_keeps_lines_and_drops_control_characters(self) -> None:
        assert rules.words_to_keep("bir\r\niki\x00\x1b[31m", field="text", is_required=True) == "bir\niki[31m"

    def test_hides_identity_numbers(self) -> None:
        assert rules.words_to_keep("TC 10000000146", field="text", is_required=True) == "TC [...]"

    @pytest.mark.parametrize("text", ["", "  \n ", "\x00"])
    def test_asks_for_words_where_they_are_needed(self, text: str) -> None:
        with pytest.raises(InvalidValue) as refusal:
            rules.words_to_keep(text, field="text", is_required=True)
        assert (refusal.value.field, refusal.value.reason) == ("text", "empty")
        assert rules.words_to_keep(text, field="text", is_required=False) == ""

    def test_takes_the_longest_text_and_no_longer_one(self) -> None:
        assert rules.words_to_keep("a" * MOST_CHARACTERS, field="text", is_required=True)
        with pytest.raises(InvalidValue) as refusal:
            rules.words_to_keep("a" * (MOST_CHARACTERS + 1), field="text", is_required=True)
        assert refusal.value.reason == "length"


class TestEmailToKeep:
    @pytest.mark.parametrize("email", ["", "  ", "ayse@example.org", " a.b+c@x.example.org "])
    def test_takes_addresses_and_none(self, email: str) -> None:
        assert rules.email_to_keep(email) == email.strip()

    @pytest.mark.parametrize(
        "email", ["ayse", "ayse@", "@example.org", "ayse@example", "a b@example.org", "a@b@c.org", "a\x00@b.org"]
    )
    def test_refuses_what_is_no_address(self, email: str) -> None:
        with pytest.raises(InvalidValue) as refusal:
            rules.email_to_keep(email)
        assert (refusal.value.field, refusal.value.reason) == ("email", "form")

    def test_refuses_one_that_is_too_long(self) -> None:
        with pytest.raises(InvalidValue):
            rules.email_to_keep("a" * 250 + "@b.org")


class TestPageToKeep:
    @given(st.text(max_size=1000))
    def test_keeps_a_short_path_only(self, page: str) -> None:
        kept = rules.page_to_keep(page)
        assert len(kept) <= LONGEST_PAGE
        assert "?" not in kept
        assert all(c.isprintable() for c in kept)

    def test_drops_the_query_and_hides_numbers(self) -> None:
        assert rules.page_to_keep("/ara/10000000146/?q=gizli#x") == "/ara/[...]/"


class TestDrawReportNumber:
    def test_is_new_each_time_and_has_no_look_alikes(self) -> None:
        drawn = {rules.draw_report_number() for _ in range(200)}
        assert len(drawn) == 200
        assert not set("".join(drawn)) & set("01OIQBGSZ")
