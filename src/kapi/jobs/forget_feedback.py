"""Delete feedback and barrier reports when their time is over."""

from datetime import datetime

from kapi.contexts.monitoring.services import forget_old_feedback
from kapi.kernel.actors import system


def run(*, now: datetime) -> int:
    """Delete what is older than the privacy notice says; return how many."""
    return forget_old_feedback(actor=system("job:forget_feedback"), now=now)
