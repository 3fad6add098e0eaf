"""Feedback is deleted when its time is over."""

from datetime import datetime

import pytest

from kapi.contexts.monitoring import services
from kapi.contexts.monitoring.values import KEPT_FOR
from kapi.jobs import forget_feedback
from kapi.kernel.actors import NOBODY


@pytest.mark.django_db
class TestRun:
    def test_forgets_what_is_too_old(self, now: datetime) -> None:
        services.give_feedback(
            service_code="", page="/", language="tr", was_useful=None, text="eski", actor=NOBODY, now=now - 2 * KEPT_FOR
        )
        assert forget_feedback.run(now=now) == 1
        assert forget_feedback.run(now=now) == 0
