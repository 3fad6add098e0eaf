"""Counting tries before they are heard, so that parallel ones do not slip through together."""

from collections.abc import Sequence
from datetime import datetime

from kapi.contexts.identity.errors import TooManyAttempts
from kapi.foundation.limits.services import spend
from kapi.foundation.limits.values import Budget
from kapi.kernel.actors import Actor


def count_try(*, key: str, budgets: Sequence[Budget], actor: Actor, now: datetime) -> None:
    """Count one more try under a key; who does it right gets it back by `refund`.

    :raises TooManyAttempts: if one of the budgets is used up, with how long to wait.
    """
    decision = spend(key=key, budgets=budgets, now=now)
    if not decision.allowed:
        raise TooManyAttempts(decision.retry_after)
