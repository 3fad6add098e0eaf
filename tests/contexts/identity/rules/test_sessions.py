"""How long a session lasts."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kapi.contexts.identity.rules import sessions as rules

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
ENDS = START + rules.LONGEST


class TestIsUnderWay:
    @given(st.lists(st.integers(1, 3600), max_size=60))
    def test_is_true_until_a_rest_of_fifteen_minutes_or_twelve_hours(self, pauses_s: list[int]) -> None:
        """Walk through a day of page views and compare with what the rule promises."""
        last_seen, now = START, START
        for pause_s in pauses_s:
            now += timedelta(seconds=pause_s)
            stands = rules.is_under_way(last_seen_at=last_seen, ends_at=ENDS, now=now)
            assert stands == (now - last_seen < timedelta(minutes=15) and now < START + timedelta(hours=12))
            if not stands:
                return
            if rules.is_sighting_due(last_seen_at=last_seen, now=now):
                last_seen = now

    def test_never_ends_more_than_a_minute_early(self) -> None:
        seen = START + rules.SEEN_EVERY - timedelta(seconds=1)
        assert not rules.is_sighting_due(last_seen_at=START, now=seen)
        assert rules.is_under_way(last_seen_at=START, ends_at=ENDS, now=seen + rules.IDLE - rules.SEEN_EVERY)
