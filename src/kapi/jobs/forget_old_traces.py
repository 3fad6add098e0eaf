"""Delete what is kept of people's sign-ins when its time is over."""

from datetime import datetime

from kapi.contexts.identity.services import forget_old_traces
from kapi.kernel.actors import system

BATCH = 2000


def run(*, now: datetime) -> int:
    """Forget one batch of old history, devices and codes; return how many."""
    return forget_old_traces(limit=BATCH, actor=system("job:forget_old_traces"), now=now)
