"""A mandate has ended: what was granted on it dies, and the institutions' programs will be told."""

from datetime import datetime
from typing import Any

from kapi.contexts.openid.services.logout import end_visits_for
from kapi.kernel.actors import system


def react(payload: dict[str, Any], *, now: datetime) -> None:
    """Answer `mandates.mandate_ended.v1`."""
    end_visits_for(
        person_id=payload["representative_id"],
        principal_id=payload["principal_id"],
        until=datetime.fromisoformat(payload["ended_at"]),
        actor=system("reaction:ended_mandates"),
        now=now,
    )
