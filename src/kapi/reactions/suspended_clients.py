"""A client was suspended: what it was granted dies or sleeps, and it is told which sessions are over."""

from datetime import datetime
from typing import Any, Final

from kapi.contexts.openid.services.logout import rest_visits_at
from kapi.kernel.actors import system

AT_ONCE: Final = 1_000


def react(payload: dict[str, Any], *, now: datetime) -> None:
    """Answer `openid.client_suspended.v1`."""
    rest_visits_at(
        client_id=payload["client_id"],
        until=datetime.fromisoformat(payload["suspended_at"]),
        after_grant=payload["after_grant"],
        limit=AT_ONCE,
        actor=system("reaction:suspended_clients"),
        now=now,
    )
