"""Counting against a limit."""

import logging
from collections.abc import Callable, Hashable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from kapi.foundation import keys
from kapi.foundation.limits.in_database import DatabaseCounters, count_in_turn, counting, sent_in_turn
from kapi.foundation.limits.in_redis import redis_counters
from kapi.foundation.limits.values import Budget, Counters, CountersAway, Decision, Tally
from kapi.foundation.settled import settings
from kapi.foundation.statements import Asking

_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")


def count(*, key: str, limit: int, window: timedelta, now: datetime) -> Decision:
    """Count one use of `key` and say whether it is within `limit` uses per `window`.

    The window begins with the first use and does not slide. Of any number of parallel calls exactly `limit` are
    allowed. Call it outside a transaction: one that fails would forget the count. `key` may name a person, for only
    its keyed digest is stored.
    """
    return _decided(_ask(lambda counters: counters.count(_stored(key), window, now)), limit, now)


def peek(*, key: str, limit: int, now: datetime) -> Decision:
    """Say how often `key` was counted in the running window, and whether one more use would be allowed."""
    tally = _ask(lambda counters: counters.peek(_stored(key), now)) or Tally(0, now)
    allowed = tally.count < limit
    return Decision(allowed, tally.count, timedelta(0) if allowed else tally.ends_at - now, limit)


def reset(*, key: str) -> None:
    """Forget all uses of `key`."""
    _ask(lambda counters: counters.reset(_stored(key)))


def spend(*, key: str, budgets: Sequence[Budget], now: datetime) -> Decision:
    """Count one use of `key` against several windows, the shortest first, and return the first refusal.

    A use that a short window refuses does not fill the longer ones.
    """
    for budget in budgets[:-1]:
        decision = count(key=_of_window(key, budget), limit=budget.limit, window=budget.window, now=now)
        if not decision.allowed:
            return decision
    longest = budgets[-1]
    return count(key=_of_window(key, longest), limit=longest.limit, window=longest.window, now=now)


def asking_to_spend(*, key: str, budget: Budget, now: datetime) -> Asking[Decision] | None:
    """Return `spend` of one budget as something to be asked together with others; None where Redis counts."""
    if settings.REDIS_URL:
        return None
    stored = _stored(_of_window(key, budget))
    return counting(stored, budget.window, now, lambda tally: _decided(tally, budget.limit, now))


class Counting:
    """One use that is counted among other steps (`take_in_turn`), which go on if it is within its budget."""

    def __init__(self, *, key: str, budget: Budget, now: datetime) -> None:
        """`key` is counted as by `spend`."""
        self.form: Hashable | None = None if settings.REDIS_URL else Counting
        self._key, self._budget, self._now = _of_window(key, budget), budget, now

    def written(self, name: str, source: str) -> str:
        """Return it as a query of a WITH."""
        return count_in_turn(name, source)

    def sent(self) -> list[object]:
        """Return the values for it."""
        return sent_in_turn(_stored(self._key), self._budget.limit, self._budget.window, self._now)

    def take(self) -> bool:
        """Count by itself."""
        return count(key=self._key, limit=self._budget.limit, window=self._budget.window, now=self._now).allowed


def foresee(*, key: str, budgets: Sequence[Budget], now: datetime) -> Decision:
    """Say whether `spend` would allow one more use, without counting; the first refusal, as there."""
    decisions = [peek(key=_of_window(key, budget), limit=budget.limit, now=now) for budget in budgets]
    return next((decision for decision in decisions if not decision.allowed), decisions[-1])


def refund(*, key: str, budgets: Sequence[Budget], now: datetime) -> None:
    """Take back a use that `spend` allowed: it turned out not to be of the limited kind."""
    for budget in budgets:
        stored = _stored(_of_window(key, budget))
        _ask(partial(_give_back, stored, now))


def forget(*, key: str, budgets: Sequence[Budget]) -> None:
    """Forget all uses of `key` in all its windows."""
    for budget in budgets:
        reset(key=_of_window(key, budget))


def prune(*, limit: int, now: datetime) -> int:
    """Delete up to `limit` counters of the database whose window has ended and return how many."""
    return DatabaseCounters().prune(limit, now)


def _decided(tally: Tally, limit: int, now: datetime) -> Decision:
    """Return what a tally means that has just been counted up."""
    allowed = tally.count <= limit
    return Decision(allowed, tally.count, timedelta(0) if allowed else tally.ends_at - now, limit)


def _give_back(key: str, now: datetime, counters: Counters) -> None:
    counters.give_back(key, now)


def _of_window(key: str, budget: Budget) -> str:
    return f"{key}:{budget.window.total_seconds():.0f}"


def _stored(key: str) -> str:
    return keys.digest(key, purpose="limit")


def _ask(question: Callable[[Counters], _Answer]) -> _Answer:
    """Ask Redis where it is configured; while it is away the database counts, so that no limit is ever open."""
    if settings.REDIS_URL:
        try:
            return question(redis_counters(settings.REDIS_URL))
        except CountersAway:
            _log.warning("Redis does not answer; limits are counted in the database")
    return question(DatabaseCounters())
