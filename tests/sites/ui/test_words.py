"""Dates, numbers and two-language texts."""

from datetime import UTC, date, datetime

import pytest
from django.utils import translation

from kapi.kernel.langstring import LangString
from kapi.sites.ui import words

LATE = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)  # half past one on the 23rd in Istanbul


class TestDate:
    @pytest.mark.parametrize(("language", "text"), [("tr", "22 Kasım 2026"), ("en", "22 November 2026")])
    def test_is_written_in_full(self, language: str, text: str) -> None:
        with translation.override(language):
            assert words.date(date(2026, 11, 22)) == text

    def test_of_a_moment_is_the_day_in_the_gateways_time_zone(self) -> None:
        with translation.override("tr"):
            assert words.date(LATE) == "23 Kasım 2026"
            assert words.moment(LATE) == "23 Kasım 2026 01:30"


class TestNumber:
    @pytest.mark.parametrize(("language", "text"), [("tr", "1.234,5"), ("en", "1,234.5")])
    def test_is_written_as_people_do(self, language: str, text: str) -> None:
        with translation.override(language):
            assert words.number(1234.5) == text


class TestLocal:
    def test_marks_a_text_that_is_not_in_the_language_of_the_page(self) -> None:
        both, turkish = LangString(tr="Belge", en="Document"), LangString(tr="Belge")
        with translation.override("en"):
            assert words.local(both) == "Document"
            assert words.lang_attribute(words.local(both)) == ""
            assert words.lang_attribute(words.local(turkish)) == ' lang="tr"'
