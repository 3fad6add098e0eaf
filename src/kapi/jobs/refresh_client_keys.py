"""Ask clients for the keys that they publish, before a citizen has to wait for it."""

from datetime import datetime

from kapi.contexts.openid.services.client_keys import refresh_old_client_keys
from kapi.kernel.actors import system

BATCH = 50


def run(*, now: datetime) -> int:
    """Ask for up to 50 key sets that are getting old; return how many came."""
    return refresh_old_client_keys(limit=BATCH, actor=system("job:refresh_client_keys"), now=now)
