"""A client was closed: what it was granted dies, and it will be told that its visitors' sessions are over."""

from datetime import datetime
from typing import Any, Final

from kapi.contexts.openid.services.logout import end_visits_at
from kapi.kernel.actors import system

AT_ONCE: Final = 1_000


def react(payload: dict[str, Any], *, now: datetime) -> None:
    """Answer `openid.client_closed.v1`."""
    end_visits_at(
        client_id=payload["client_id"],
        until=datetime.fromisoformat(payload["closed_at"]),
        after_grant=payload["after_grant"],
        limit=AT_ONCE,
        actor=system("reaction:closed_clients"),
        now=now,
    )
