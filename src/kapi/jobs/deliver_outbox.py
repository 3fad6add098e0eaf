"""Carry announced facts to the reactions."""

from datetime import datetime

from django.conf import settings

from kapi.foundation.bell import ring_after_commit
from kapi.foundation.outbox import services as outbox

BATCH = 100
MOST = 2000


def run(*, now: datetime) -> int:
    """Deliver what is due, batch after batch until nothing is; at most about 2,000 deliveries in one run."""
    done = 0
    while done < MOST and (delivered := outbox.deliver_due(limit=BATCH, now=now)):
        done += delivered
        if delivered == BATCH:
            # There may be more than one batch: another worker may take the next one meanwhile.
            ring_after_commit(settings.OUTBOX_JOB)
    return done
