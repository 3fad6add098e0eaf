"""Forget authorization requests, assertions, grants and visits whose time is over."""

from datetime import datetime

from kapi.contexts.openid.services.pruning import prune
from kapi.foundation.batches import until_done
from kapi.kernel.actors import system

BATCH = 2000
MOST = 500_000


def run(*, now: datetime) -> int:
    """Delete what is over, batch after batch; return how many rows in all."""
    actor = system("job:prune_openid")
    return until_done(lambda limit: prune(limit=limit, actor=actor, now=now), batch=BATCH, most=MOST)
