"""Write down which sessions have been idle too long or are too old, so that institutions are told."""

from datetime import datetime

from kapi.contexts.identity.services import end_expired_sessions
from kapi.foundation.batches import until_done
from kapi.kernel.actors import system

BATCH = 500
MOST = 50_000


def run(*, now: datetime) -> int:
    """End the sessions whose time has run out, batch after batch; return how many."""
    actor = system("job:end_expired_sessions")
    return until_done(lambda limit: end_expired_sessions(limit=limit, actor=actor, now=now), batch=BATCH, most=MOST)
