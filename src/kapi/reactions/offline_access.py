"""An account was handed back at a desk: what its owner lets institutions do while away has to be given anew."""

from datetime import datetime
from typing import Any

from kapi.contexts.openid.services.refreshing import end_offline_access
from kapi.kernel.actors import system


def react(payload: dict[str, Any], *, now: datetime) -> None:
    """Answer `identity.account_recovered.v1`."""
    end_offline_access(person_id=payload["person_id"], actor=system("reaction:offline_access"), now=now)
