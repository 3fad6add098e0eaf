"""Forget events that were delivered a while ago."""

from datetime import datetime

from kapi.foundation.batches import until_done
from kapi.foundation.outbox.services import prune

BATCH = 5000
MOST = 200_000


def run(*, now: datetime) -> int:
    """Delete events that are over, batch after batch; at most 200,000 in one run. Return how many."""
    return until_done(lambda limit: prune(limit=limit, now=now), batch=BATCH, most=MOST)
