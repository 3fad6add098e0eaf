"""Jobs run when they are due, in one worker at a time, and a broken one harms nobody."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kapi.foundation.jobs import selectors, services
from kapi.foundation.jobs.models import ScheduledJob, Worker

runs: list[datetime] = []
WORKS = f"{__name__}.works"
FAILS = f"{__name__}.fails"


def works(*, now: datetime) -> int:
    runs.append(now)
    return 3


def fails(*, now: datetime) -> int:
    runs.append(now)
    raise ValueError("a secret of the row")


def asks_for_itself(*, now: datetime) -> int:
    """Ask, in the middle of the run, whether another worker would get the job."""
    other = services.run_leased(path=f"{__name__}.asks_for_itself", every_s=1, worker="b", clock=lambda: now)
    return 0 if other is None else 99


@pytest.fixture(autouse=True)
def _forget() -> None:
    runs.clear()


def run(path: str, now: datetime, worker: str = "a") -> services.Outcome | None:
    return services.run_leased(path=path, every_s=60, worker=worker, clock=lambda: now)


@pytest.mark.django_db
class TestRunLeased:
    def test_runs_a_new_job_at_once_and_again_after_its_span(self, now: datetime) -> None:
        services.enlist_jobs(paths=[WORKS], now=now)
        assert selectors.due_jobs(paths=[WORKS], now=now) == [WORKS]
        assert run(WORKS, now) == services.Outcome(3)
        assert selectors.due_jobs(paths=[WORKS], now=now + timedelta(seconds=59)) == []
        assert run(WORKS, now + timedelta(seconds=59)) is None
        assert run(WORKS, now + timedelta(seconds=60)) == services.Outcome(3)
        assert len(runs) == 2

    def test_runs_a_job_in_one_worker_only(self, now: datetime) -> None:
        path = f"{__name__}.asks_for_itself"
        services.enlist_jobs(paths=[path], now=now)
        assert run(path, now) == services.Outcome(0)

    def test_notes_a_failure_by_its_kind_and_tries_again_next_time(
        self, now: datetime, caplog: pytest.LogCaptureFixture
    ) -> None:
        services.enlist_jobs(paths=[FAILS], now=now)
        assert run(FAILS, now) == services.Outcome(0, "ValueError")
        assert ScheduledJob.objects.get(path=FAILS).error == "ValueError"
        assert run(FAILS, now + timedelta(seconds=60)) is not None
        assert f"job {FAILS} failed" in caplog.text

    def test_takes_over_from_a_dead_worker_when_its_lease_ran_out(self, now: datetime) -> None:
        services.enlist_jobs(paths=[WORKS], now=now)
        ScheduledJob.objects.update(leased_by="dead", leased_until=now + services.LEASE)
        assert run(WORKS, now) is None
        late = now + services.LEASE + timedelta(seconds=1)
        assert selectors.due_jobs(paths=[WORKS], now=late) == [WORKS]
        assert run(WORKS, late) == services.Outcome(3)

    def test_does_not_touch_the_row_after_losing_the_lease(self, now: datetime) -> None:
        services.enlist_jobs(paths=[WORKS], now=now)
        taken = f"{__name__}.is_taken_over"
        services.enlist_jobs(paths=[taken], now=now)
        run(taken, now)
        assert ScheduledJob.objects.get(path=taken).leased_by == "b"


def is_taken_over(*, now: datetime) -> int:
    ScheduledJob.objects.filter(path=f"{__name__}.is_taken_over").update(leased_by="b")
    return 1


@pytest.mark.django_db
class TestEnlistJobs:
    def test_leaves_known_jobs_alone(self, now: datetime) -> None:
        services.enlist_jobs(paths=[WORKS], now=now)
        services.enlist_jobs(paths=[WORKS, FAILS], now=now + timedelta(days=1))
        assert ScheduledJob.objects.get(path=WORKS).due_at == now


@pytest.mark.django_db
class TestShowLife:
    def test_keeps_the_leases_of_a_living_worker(self, now: datetime) -> None:
        services.enlist_jobs(paths=[WORKS], now=now)
        ScheduledJob.objects.update(leased_by="a", leased_until=now + timedelta(seconds=1))
        services.show_life(worker="a", started_at=now, now=now)
        assert ScheduledJob.objects.get().leased_until == now + services.LEASE

    def test_does_not_bring_back_a_lease_that_ran_out(self, now: datetime) -> None:
        services.enlist_jobs(paths=[WORKS], now=now)
        ScheduledJob.objects.update(leased_by="a", leased_until=now - timedelta(seconds=1))
        services.show_life(worker="a", started_at=now, now=now)
        assert selectors.due_jobs(paths=[WORKS], now=now) == [WORKS]

    def test_forgets_workers_long_gone(self, now: datetime) -> None:
        services.show_life(worker="old", started_at=now - timedelta(days=2), now=now - timedelta(days=2))
        services.show_life(worker="new", started_at=now, now=now)
        assert [worker.name for worker in Worker.objects.all()] == ["new"]
        assert selectors.last_sign_of_life() == now


@pytest.mark.django_db
class TestLeave:
    def test_gives_back_what_the_worker_held(self, now: datetime) -> None:
        services.show_life(worker="a", started_at=now, now=now)
        services.enlist_jobs(paths=[WORKS], now=now)
        ScheduledJob.objects.update(leased_by="a", leased_until=now + services.LEASE)
        services.leave(worker="a")
        assert selectors.due_jobs(paths=[WORKS], now=now) == [WORKS]
        assert selectors.last_sign_of_life() is None


LEASES = st.lists(
    st.tuples(
        st.sampled_from(["lease", "life", "leave", "end"]),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from([0, 1, 10, 29, 30, 31, 60]),
    ),
    max_size=25,
)


@pytest.mark.django_db
class TestLeases:
    @given(steps=LEASES)
    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_are_held_by_one_living_worker_at_a_time(self, now: datetime, steps: list[tuple[str, str, int]]) -> None:
        """Let workers come, live, stall and go in any order, beside a model of who may run the job."""
        ScheduledJob.objects.all().delete()
        services.enlist_jobs(paths=[WORKS], now=now)
        holder, until, at = "", now, now
        for deed, worker, seconds in steps:
            at += timedelta(seconds=seconds)
            if deed == "lease":
                may = not holder or until < at
                assert services._lease(WORKS, worker, at) == may
                holder, until = (worker, at + services.LEASE) if may else (holder, until)
            elif deed == "life":
                services.show_life(worker=worker, started_at=now, now=at)
                until = at + services.LEASE if holder == worker and until >= at else until
            else:
                services.leave(worker=worker)
                holder = "" if holder == worker else holder
