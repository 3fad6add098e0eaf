"""An account was closed because of the population register: what hung on it ends.

The sessions are over already, each with its own event; institutions are told of these as ever, and of no reason.
"""

from datetime import datetime
from typing import Any

from kapi.contexts.identity.values import PersonId
from kapi.contexts.mandates.services import end_mandates_of
from kapi.contexts.openid.services.refreshing import end_offline_access
from kapi.kernel.actors import system


def react_with_mandates(payload: dict[str, Any], *, now: datetime) -> None:
    """Answer `identity.account_closed.v1`: for whom the person acted."""
    actor = system("reaction:closed_accounts")
    end_mandates_of(representative_id=PersonId(payload["person_id"]), actor=actor, now=now)


def react_with_offline_access(payload: dict[str, Any], *, now: datetime) -> None:
    """Answer `identity.account_closed.v1`: what institutions may do while the person is away."""
    end_offline_access(person_id=payload["person_id"], actor=system("reaction:closed_accounts"), now=now)
