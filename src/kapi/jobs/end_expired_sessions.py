"""Write down which sessions have been idle too long or are too old, so that institutions are told."""

from datetime import datetime

from kapi.contexts.identity.services import end_expired_sessions
from kapi.kernel.actors import system

BATCH = 500


def run(*, now: datetime) -> int:
    """End one batch of sessions whose time has run out; return how many."""
    return end_expired_sessions(limit=BATCH, actor=system("job:end_expired_sessions"), now=now)
