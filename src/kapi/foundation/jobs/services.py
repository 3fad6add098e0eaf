"""Running jobs one at a time over all workers, and showing signs of life."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.module_loading import import_string

from kapi.foundation.jobs.models import ScheduledJob, Worker

LEASE = timedelta(seconds=30)
FORGET_AFTER = timedelta(days=1)
_log = logging.getLogger(__name__)

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Outcome:
    """How a run went: `done` things done, `error` the class name of the failure or empty."""

    done: int
    error: str = ""


def enlist_jobs(*, paths: Iterable[str], now: datetime) -> None:
    """Make a row for each job that has none; a new job is due at once."""
    ScheduledJob.objects.bulk_create(
        [ScheduledJob(path=path, due_at=now) for path in paths], ignore_conflicts=True, unique_fields=["path"]
    )


def show_life(*, worker: str, started_at: datetime, now: datetime) -> None:
    """Record that `worker` lives, and renew the leases it holds."""
    with transaction.atomic():
        Worker.objects.update_or_create(
            name=worker, defaults={"seen_at": now}, create_defaults={"seen_at": now, "started_at": started_at}
        )
        ScheduledJob.objects.filter(leased_by=worker, leased_until__gte=now).update(leased_until=now + LEASE)
        Worker.objects.filter(seen_at__lt=now - FORGET_AFTER).delete()


def leave(*, worker: str) -> None:
    """Forget `worker`, which stops, and give back its leases."""
    with transaction.atomic():
        Worker.objects.filter(name=worker).delete()
        ScheduledJob.objects.filter(leased_by=worker).update(leased_by="", leased_until=None)


def run_leased(*, path: str, every_s: float, worker: str, clock: Clock) -> Outcome | None:
    """Run the job at `path` if it is due and nobody else runs it; the next run is due `every_s` seconds after its end.

    Return None where another worker was faster. The job opens its own transactions; a failure is logged and kept as
    the outcome's `error`, so that one broken job never stops the others.
    """
    if not _lease(path, worker, clock()):
        return None
    outcome = run(path=path, now=clock())
    finished_at = clock()
    ScheduledJob.objects.filter(path=path, leased_by=worker).update(
        leased_by="",
        leased_until=None,
        finished_at=finished_at,
        due_at=finished_at + timedelta(seconds=every_s),
        done=outcome.done,
        error=outcome.error,
    )
    return outcome


def run(*, path: str, now: datetime) -> Outcome:
    """Run the job at `path` without a lease: for jobs that claim their rows themselves and may run side by side."""
    try:
        job: Callable[..., int] = import_string(path)
        return Outcome(job(now=now))
    except Exception as failure:  # noqa: BLE001 - see the next line
        # One of the three places that may catch everything: a broken job must not stop the others.
        _log.exception("job %s failed", path)
        return Outcome(0, type(failure).__name__)


def _lease(path: str, worker: str, now: datetime) -> bool:
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    leased = ScheduledJob.objects.filter(free, path=path, due_at__lte=now).update(
        leased_by=worker, leased_until=now + LEASE, started_at=now
    )
    return leased == 1
