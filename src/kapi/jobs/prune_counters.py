"""Delete counters of limits whose window has ended."""

from datetime import datetime

from kapi.foundation.limits.services import prune

BATCH = 5000


def run(*, now: datetime) -> int:
    """Delete one batch of ended counters; return how many."""
    return prune(limit=BATCH, now=now)
