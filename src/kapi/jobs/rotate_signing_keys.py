"""Move signing keys on when they have served their time."""

from datetime import datetime

from kapi.contexts.openid.services.keys import prune_keys, rotate_due_keys
from kapi.kernel.actors import system


def run(*, now: datetime) -> int:
    """Make, rotate and retire keys as due; return how many changed."""
    actor = system("job:rotate_signing_keys")
    return rotate_due_keys(actor=actor, now=now) + prune_keys(actor=actor, now=now)
