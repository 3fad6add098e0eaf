"""Delete what is kept of people's sign-ins when its time is over."""

from datetime import datetime

from kapi.contexts.identity.services import forget_old_traces
from kapi.foundation.batches import until_done
from kapi.kernel.actors import system

BATCH = 2000
MOST = 500_000


def run(*, now: datetime) -> int:
    """Forget old history, sessions, devices and codes, batch after batch; return how many."""
    actor = system("job:forget_old_traces")
    return until_done(lambda limit: forget_old_traces(limit=limit, actor=actor, now=now), batch=BATCH, most=MOST)
