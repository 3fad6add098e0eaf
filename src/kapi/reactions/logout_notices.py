"""A session has ended: everything it granted dies, and every institution's program that saw it will be told."""

from datetime import datetime
from typing import Any

from kapi.contexts.openid.services.logout import end_visits
from kapi.kernel.actors import system


def react(payload: dict[str, Any], *, now: datetime) -> None:
    """Answer `identity.session_ended.v1`."""
    end_visits(session_id=payload["session_id"], actor=system("reaction:logout_notices"), now=now)
