"""Delete feedback and barrier reports when their time is over."""

from datetime import datetime

from kapi.contexts.catalogue.services import forget_old_voices
from kapi.kernel.actors import system


def run(*, now: datetime) -> int:
    """Delete what is older than the privacy notice says; return how many."""
    return forget_old_voices(actor=system("job:forget_feedback"), now=now)
