"""Counting against a limit: one contract for every store."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import redis
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from kapi.foundation.limits import services
from kapi.foundation.limits.models import LimitCounter
from kapi.foundation.limits.values import Budget
from tests.installation import Installation

MINUTE = timedelta(minutes=1)
BUDGETS = (Budget(2, MINUTE), Budget(3, timedelta(hours=1)))


@pytest.mark.django_db
@pytest.mark.usefixtures("store")
class TestCount:
    def test_allows_so_many_per_window(self, now: datetime) -> None:
        decisions = [services.count(key="k", limit=2, window=MINUTE, now=now) for _ in range(3)]
        assert [(d.allowed, d.count, d.retry_after, d.limit) for d in decisions] == [
            (True, 1, timedelta(0), 2),
            (True, 2, timedelta(0), 2),
            (False, 3, MINUTE, 2),
        ]

    def test_tells_how_long_to_wait_to_the_microsecond(self, now: datetime) -> None:
        services.count(key="k", limit=0, window=MINUTE, now=now)
        later = now + timedelta(seconds=20, microseconds=1)
        assert services.count(key="k", limit=0, window=MINUTE, now=later).retry_after == timedelta(
            seconds=39, microseconds=999_999
        )

    def test_begins_anew_when_the_window_has_ended(self, now: datetime) -> None:
        for _ in range(3):
            services.count(key="k", limit=2, window=MINUTE, now=now)
        just_before = services.count(key="k", limit=2, window=MINUTE, now=now + MINUTE - timedelta(microseconds=1))
        later = services.count(key="k", limit=2, window=MINUTE, now=now + MINUTE)
        assert (just_before.allowed, later.allowed, later.count) == (False, True, 1)

    def test_keeps_keys_apart(self, now: datetime) -> None:
        services.count(key="k", limit=1, window=MINUTE, now=now)
        assert services.count(key="other", limit=1, window=MINUTE, now=now).allowed


@pytest.mark.django_db
@pytest.mark.usefixtures("store")
class TestPeek:
    def test_does_not_count(self, now: datetime) -> None:
        assert services.peek(key="k", limit=1, now=now).allowed
        services.count(key="k", limit=1, window=MINUTE, now=now)
        looks = [services.peek(key="k", limit=1, now=now) for _ in range(2)]
        assert [(look.allowed, look.count, look.retry_after) for look in looks] == [(False, 1, MINUTE)] * 2

    def test_sees_nothing_of_a_window_that_has_ended(self, now: datetime) -> None:
        services.count(key="k", limit=1, window=MINUTE, now=now)
        assert services.peek(key="k", limit=1, now=now + MINUTE).count == 0


@pytest.mark.django_db
@pytest.mark.usefixtures("store")
class TestReset:
    def test_forgets_the_key(self, now: datetime) -> None:
        services.count(key="k", limit=1, window=MINUTE, now=now)
        services.reset(key="k")
        assert services.count(key="k", limit=1, window=MINUTE, now=now).count == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("store")
class TestSpend:
    def test_refuses_by_the_first_window_that_is_full(self, now: datetime) -> None:
        tries = [services.spend(key="k", budgets=BUDGETS, now=now) for _ in range(3)]
        assert [t.allowed for t in tries] == [True, True, False]
        assert tries[-1].retry_after == MINUTE

    def test_does_not_fill_the_longer_window_with_what_the_shorter_refused(self, now: datetime) -> None:
        for _ in range(20):
            services.spend(key="k", budgets=BUDGETS, now=now)
        assert services.spend(key="k", budgets=BUDGETS, now=now + MINUTE).allowed
        refused = services.spend(key="k", budgets=BUDGETS, now=now + MINUTE)
        assert (refused.allowed, refused.retry_after) == (False, timedelta(minutes=59))


@pytest.mark.django_db
@pytest.mark.usefixtures("store")
class TestForesee:
    def test_says_what_spending_would_and_counts_nothing(self, now: datetime) -> None:
        budgets = (Budget(1, MINUTE), Budget(2, 2 * MINUTE))
        for at in (now, now, now + MINUTE, now + MINUTE):
            foreseen = services.foresee(key="k", budgets=budgets, now=at)
            assert services.foresee(key="k", budgets=budgets, now=at) == foreseen
            spent = services.spend(key="k", budgets=budgets, now=at)
            assert (foreseen.allowed, foreseen.retry_after) == (spent.allowed, spent.retry_after)


@pytest.mark.django_db
@pytest.mark.usefixtures("store")
class TestRefund:
    def test_takes_one_use_back_from_every_window(self, now: datetime) -> None:
        for _ in range(10):
            assert services.spend(key="k", budgets=BUDGETS, now=now).allowed
            services.refund(key="k", budgets=BUDGETS, now=now)

    def test_never_goes_below_nothing(self, now: datetime) -> None:
        services.spend(key="k", budgets=BUDGETS, now=now)
        for _ in range(3):
            services.refund(key="k", budgets=BUDGETS, now=now)
        assert [services.spend(key="k", budgets=BUDGETS, now=now).allowed for _ in range(3)] == [True, True, False]

    def test_leaves_a_window_that_has_ended_alone(self, now: datetime) -> None:
        services.spend(key="k", budgets=BUDGETS, now=now)
        services.refund(key="k", budgets=BUDGETS, now=now + timedelta(hours=2))
        assert services.spend(key="k", budgets=BUDGETS, now=now + timedelta(hours=2)).count == 1


@pytest.mark.django_db
class TestPrune:
    def test_deletes_ended_windows_only(self, now: datetime) -> None:
        for number in range(3):
            services.count(key=f"k{number}", limit=1, window=MINUTE * (number + 1), now=now)
        assert services.prune(limit=1, now=now + 2 * MINUTE) == 1
        assert services.prune(limit=10, now=now + 2 * MINUTE) == 1
        assert LimitCounter.objects.count() == 1


@pytest.mark.django_db
class TestPrivacy:
    def test_never_stores_the_key_in_the_database(self, now: datetime) -> None:
        services.count(key="10000000146", limit=2, window=MINUTE, now=now)
        assert "10000000146" not in LimitCounter.objects.get().key

    @pytest.mark.redis
    def test_never_stores_the_key_in_redis(self, now: datetime, settings: Settings, redis_url: str) -> None:
        settings.REDIS_URL = redis_url
        services.count(key="10000000146", limit=2, window=MINUTE, now=now)
        with redis.Redis.from_url(redis_url) as client:
            stored = [(key, client.hgetall(key), client.pttl(key)) for key in client.scan_iter("kapi:limit:*")]
        assert stored
        assert b"10000000146" not in repr(stored).encode()
        assert all(0 < time_left <= 3_600_000 for _, _, time_left in stored)


@pytest.mark.django_db
class TestRedisAway:
    def test_leaves_the_counting_to_the_database(
        self, now: datetime, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        decisions = [services.count(key="k", limit=2, window=MINUTE, now=now) for _ in range(3)]
        assert [d.allowed for d in decisions] == [True, True, False]
        assert LimitCounter.objects.get().count == 3
        assert "Redis does not answer" in caplog.text


DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["count", "count", "peek", "give back", "reset"]),
        st.sampled_from(["k", "other"]),
        st.sampled_from([0, 1, 30, 59, 60, 61]),
    ),
    max_size=25,
)


@pytest.mark.django_db
@pytest.mark.usefixtures("store")
class TestAnyOrderOfDeeds:
    @given(deeds=DEEDS)
    @hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_counts_as_a_plain_table_of_windows_would(self, now: datetime, deeds: list[tuple[str, str, int]]) -> None:
        windows: dict[str, tuple[int, datetime]] = {}
        budgets, at = (Budget(3, MINUTE),), now
        for key in ("k", "other"):
            services.reset(key=f"{key}:60")
        for deed, key, seconds in deeds:
            at += timedelta(seconds=seconds)
            counted, ends_at = windows.get(key, (0, at))
            if ends_at <= at:
                counted, ends_at = 0, at + MINUTE
            if deed == "count":
                counted += 1
                decision = services.spend(key=key, budgets=budgets, now=at)
                assert (decision.allowed, decision.count) == (counted <= 3, counted)
                assert decision.retry_after == (timedelta(0) if counted <= 3 else ends_at - at)
                windows[key] = counted, ends_at
            elif deed == "peek":
                assert services.peek(key=f"{key}:60", limit=3, now=at).count == counted
            elif deed == "give back":
                services.refund(key=key, budgets=budgets, now=at)
                if counted:
                    windows[key] = counted - 1, ends_at
            else:
                services.reset(key=f"{key}:60")
                windows.pop(key, None)


COUNT_IN_PARALLEL = """
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, UTC
from django.db import connection
from kapi.foundation.limits import services

def count(_):
    try:
        now = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
        return services.count(key="k", limit=10, window=timedelta(hours=1), now=now).allowed
    finally:
        connection.close()

with ThreadPoolExecutor(32) as threads:
    print(sum(threads.map(count, range(100))))
"""


class TestParallelCounts:
    @pytest.mark.parametrize("store", ["database", pytest.param("redis", marks=pytest.mark.redis)])
    def test_allow_exactly_the_limit(
        self, installation: Installation, request: pytest.FixtureRequest, store: str
    ) -> None:
        installation.kapi("migrate")
        if store == "redis":
            installation.environment["KAPI_REDIS_URL"] = request.getfixturevalue("redis_url")
            installation.environment["KAPI_SECRET_KEY"] = f"a key of this test alone {installation.data_dir}"
        with ThreadPoolExecutor(2) as processes:
            allowed = list(processes.map(installation.python, [COUNT_IN_PARALLEL] * 2))
        assert sum(map(int, allowed)) == 10
