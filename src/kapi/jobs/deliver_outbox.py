"""Carry announced facts to the reactions."""

from datetime import datetime

from django.conf import settings

from kapi.foundation.bell import ring_after_commit
from kapi.foundation.outbox import services as outbox

BATCH = 100
MOST_BATCHES = 20


def run(*, now: datetime) -> int:
    """Deliver what is due, batch after batch while batches are full; at most 2,000 deliveries in one run."""
    done = 0
    for _ in range(MOST_BATCHES):
        delivered = outbox.deliver_due(limit=BATCH, now=now)
        done += delivered
        if delivered < BATCH:
            break
        # There is more than one batch: another worker may take the next one meanwhile.
        ring_after_commit(settings.OUTBOX_JOB)
    return done
