"""The clock strikes for identity: sessions end, traces and counters go."""

from datetime import datetime, timedelta

import pytest

from kapi.contexts.identity.models import HistoryRow, Session
from kapi.foundation.limits.models import LimitCounter
from kapi.foundation.limits.services import count
from kapi.jobs import end_expired_sessions, forget_old_traces, prune_counters
from tests.people import make_citizen, sign_in

pytestmark = pytest.mark.django_db


class TestEndExpiredSessions:
    def test_ends_what_has_run_out(self, now: datetime) -> None:
        make_citizen(now=now)
        session_id = sign_in(now=now).signed_in.session_id
        assert end_expired_sessions.run(now=now + timedelta(minutes=14)) == 0
        assert end_expired_sessions.run(now=now + timedelta(minutes=15)) == 1
        assert Session.objects.get(pk=session_id).end_reason == "idle"


class TestForgetOldTraces:
    def test_forgets_history_after_a_year(self, now: datetime) -> None:
        make_citizen(now=now)
        assert forget_old_traces.run(now=now + timedelta(days=300)) == 0
        assert forget_old_traces.run(now=now + timedelta(days=366)) > 0
        assert not HistoryRow.objects.exists()


class TestPruneCounters:
    def test_deletes_what_no_longer_counts(self, now: datetime) -> None:
        count(key="k", limit=1, window=timedelta(minutes=1), now=now)
        assert prune_counters.run(now=now) == 0
        assert prune_counters.run(now=now + timedelta(minutes=1)) == 1
        assert not LimitCounter.objects.exists()
