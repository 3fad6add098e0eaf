"""Forget authorization requests, assertions and grants whose time is over."""

from datetime import datetime

from kapi.contexts.openid.services.pruning import prune
from kapi.kernel.actors import system

BATCH = 1000


def run(*, now: datetime) -> int:
    """Delete up to 1,000 rows of each kind; return how many in all."""
    return prune(limit=BATCH, actor=system("job:prune_openid"), now=now)
