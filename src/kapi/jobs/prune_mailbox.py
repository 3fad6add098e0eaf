"""Empty the demo's mailbox of old messages."""

from datetime import datetime

from kapi.foundation.batches import until_done
from kapi.foundation.mailbox.services import prune

BATCH = 5000
MOST = 100_000


def run(*, now: datetime) -> int:
    """Delete old messages, batch after batch; return how many."""
    return until_done(lambda limit: prune(limit=limit, now=now), batch=BATCH, most=MOST)
