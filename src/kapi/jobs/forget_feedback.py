"""Delete feedback, barrier reports and searches that found nothing when their time is over."""

from datetime import datetime

from kapi.contexts.catalogue.services import forget_old_voices
from kapi.foundation.batches import until_done
from kapi.kernel.actors import system

BATCH = 2000
MOST = 200_000


def run(*, now: datetime) -> int:
    """Delete what is older than the privacy notice says, batch after batch; return how many."""
    actor = system("job:forget_feedback")
    return until_done(lambda limit: forget_old_voices(limit=limit, actor=actor, now=now), batch=BATCH, most=MOST)
