"""Feedback and reports are deleted when their time is over."""

from datetime import datetime, timedelta

import pytest

from kapi.contexts.catalogue import selectors, services
from kapi.contexts.catalogue.services.voices import KEEP_VOICES
from kapi.jobs import forget_feedback
from kapi.kernel.actors import NOBODY


def _tell(text: str, at: datetime) -> None:
    services.record_feedback(page="/", service_code=None, score=None, text=text, language="tr", actor=NOBODY, now=at)
    services.record_barrier_report(page="/", text=text, contact="", language="tr", actor=NOBODY, now=at)


@pytest.mark.django_db
class TestRun:
    def test_forgets_what_is_too_old_and_nothing_else(self, now: datetime) -> None:
        _tell("eski", now - KEEP_VOICES - timedelta(seconds=1))
        _tell("yeni", now - KEEP_VOICES)
        assert forget_feedback.run(now=now) == 2
        assert forget_feedback.run(now=now) == 0
        assert [line.text for line in selectors.feedback_on(service_codes=None, limit=9)] == ["yeni"]
        assert [line.text for line in selectors.barrier_reports(limit=9)] == ["yeni"]

    def test_forgets_searches_that_nobody_repeated(self, now: datetime) -> None:
        for query, days in (("eski", 181), ("yine", 181), ("yine", 179), ("yeni", 179)):
            services.record_unanswered_search(query=query, actor=NOBODY, now=now - timedelta(days=days))
        assert forget_feedback.run(now=now) == 1
        assert [query.text for query in selectors.unanswered_searches(limit=9)] == ["yine", "yeni"]

    def test_goes_on_until_all_of_a_kind_are_gone(self, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(forget_feedback, "BATCH", 2)
        for number in range(5):
            services.record_unanswered_search(query=f"eski {number}a", actor=NOBODY, now=now - timedelta(days=181))
        assert forget_feedback.run(now=now) == 5
        assert selectors.unanswered_searches(limit=9) == []
