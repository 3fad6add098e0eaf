"""Delete counters of limits whose window has ended."""

from datetime import datetime

from kapi.foundation.batches import until_done
from kapi.foundation.limits.services import prune

BATCH = 5000
MOST = 500_000


def run(*, now: datetime) -> int:
    """Delete ended counters, batch after batch; return how many."""
    return until_done(lambda limit: prune(limit=limit, now=now), batch=BATCH, most=MOST)
