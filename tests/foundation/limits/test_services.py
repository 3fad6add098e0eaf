"""Counting against a limit, in whichever store."""

from datetime import datetime, timedelta

import pytest

from kapi.foundation.limits import services
from kapi.foundation.limits.models import LimitCounter

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


class TestCount:
    def test_allows_so_many_per_window(self, now: datetime) -> None:
        decisions = [services.count(key="k", limit=2, window=MINUTE, now=now) for _ in range(3)]
        assert [(d.allowed, d.count, d.retry_after) for d in decisions] == [
            (True, 1, timedelta(0)),
            (True, 2, timedelta(0)),
            (False, 3, MINUTE),
        ]

    def test_begins_anew_when_the_window_has_ended(self, now: datetime) -> None:
        for _ in range(3):
            services.count(key="k", limit=2, window=MINUTE, now=now)
        later = services.count(key="k", limit=2, window=MINUTE, now=now + MINUTE)
        assert (later.allowed, later.count) == (True, 1)

    def test_never_stores_the_key_itself(self, now: datetime) -> None:
        services.count(key="10000000146", limit=2, window=MINUTE, now=now)
        assert "10000000146" not in LimitCounter.objects.get().key
