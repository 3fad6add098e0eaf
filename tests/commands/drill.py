"""A drill for workers: many events, and a reaction that takes its time and leaves one audit record for each."""

import os
import signal
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from kapi.foundation.audit import services as audit
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.jobs.models import ScheduledJob
from kapi.foundation.outbox import services as outbox
from kapi.foundation.outbox.models import OutboxDelivery
from kapi.kernel.actors import system
from kapi.kernel.events import Event

_ENOUGH = 100  # deliveries before a worker is held


@dataclass(frozen=True, kw_only=True)
class DrillDone(Event):
    """Something happened in a drill."""

    name = "drill.done.v1"
    number: int


def announce(count: int) -> None:
    """Announce so many events."""
    now = datetime.now().astimezone()
    with transaction.atomic():
        for number in range(count):
            outbox.publish(DrillDone(number=number), now=now)


def react(payload: dict[str, Any], *, now: datetime) -> None:
    """Leave one record, slowly; while the file that DRILL_HOLD names is there, stay in the middle of one."""
    audit.record(
        action="drill.seen", subject_kind="drill", subject_id=str(payload["number"]), actor=system("drill"), now=now
    )
    time.sleep(0.005)
    hold = Path(os.environ.get("DRILL_HOLD", "/nowhere"))
    while hold.exists() and _done() >= _ENOUGH:
        time.sleep(0.01)


def wait_until_all_are_seen(count: int) -> str:
    """Wait, and say how many deliveries are done, how many records there are, and of how many different events."""
    while _done() < count:
        time.sleep(0.05)
    seen = list(AuditRecord.objects.filter(action="drill.seen").values_list("subject_id", flat=True))
    return f"{_done()} {len(seen)} {len(set(seen))}"


def kill_in_the_middle(pid: int) -> int:
    """Kill a worker that is held once it has begun to deliver; return how many deliveries are done."""
    while _done() == 0:
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.1)
    return _done()


def let_leases_run_out() -> None:
    """Do what a minute of waiting does."""
    OutboxDelivery.objects.exclude(leased_until=None).update(leased_until=datetime(2020, 1, 1).astimezone())


def _done() -> int:
    return OutboxDelivery.objects.exclude(done_at=None).count()


def hang(*, now: datetime) -> int:
    """Do what a job does whose calls are not answered."""
    time.sleep(60)
    return 0


def tick(*, now: datetime) -> int:
    """Be done at once."""
    return 1


def wait_until_the_quick_job_runs_beside_the_hanging_one() -> str:
    """Wait until one hangs and the other has been done since; return how they stand."""
    while True:
        hanging = ScheduledJob.objects.filter(path__endswith=".hang", started_at__isnull=False).first()
        quick = ScheduledJob.objects.filter(path__endswith=".tick").first()
        if hanging and quick and quick.finished_at and hanging.started_at and quick.finished_at > hanging.started_at:
            return f"{hanging.finished_at} {quick.done}"
        time.sleep(0.05)
