"""Questions about work by the clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from kapi.foundation.jobs.models import ScheduledJob, Worker


@dataclass(frozen=True)
class FailedJob:
    """A job whose last run failed: with what kind of error, and when."""

    path: str
    error: str
    at: datetime


def failed_jobs() -> list[FailedJob]:
    """List the jobs whose last run failed, those that run side by side left out: they keep no row. One query."""
    rows = ScheduledJob.objects.exclude(error="").filter(finished_at__isnull=False).order_by("path")
    return [FailedJob(row.path, row.error, row.finished_at) for row in rows if row.finished_at]


def due_jobs(*, paths: Iterable[str], now: datetime) -> list[str]:
    """Return those of `paths` that are due and that no living worker runs, the longest due first."""
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    due = ScheduledJob.objects.filter(free, path__in=list(paths), due_at__lte=now)
    return list(due.order_by("due_at", "path").values_list("path", flat=True))


def last_sign_of_life() -> datetime | None:
    """Return when any worker was last seen."""
    return Worker.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()
