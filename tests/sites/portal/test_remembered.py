"""Answers that may be a minute old."""

import time

import pytest

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
