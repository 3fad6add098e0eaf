"""Answers that may be a minute old."""

import time

import pytest

from kapi.sites.portal import remembered as module
from kapi.sites.portal.remembered import SECONDS, forget_all, remembered


class TestRemembered:
    def test_asks_once_a_minute_for_each_set_of_arguments(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[str] = []

        @remembered
        def question(*, language: str) -> str:
            asked.append(language)
            return language

        assert [question(language="tr"), question(language="tr"), question(language="en")] == ["tr", "tr", "en"]
        assert asked == ["tr", "en"]
        later = time.monotonic() + SECONDS + 1
        monkeypatch.setattr(time, "monotonic", lambda: later)
        assert question(language="tr") == "tr"
        assert asked == ["tr", "en", "tr"]
        forget_all()
        question(language="tr")
        assert asked == ["tr", "en", "tr", "tr"]

    def test_never_keeps_more_than_a_set_number_of_answers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "MOST_ANSWERS", 3)
        asked: list[int] = []

        @remembered
        def question(*, number: int) -> int:
            asked.append(number)
            return number

        for number in (1, 2, 3, 3, 4, 4, 1):
            question(number=number)
        assert asked == [1, 2, 3, 4, 1]
