"""What the counters answer with, and what every store of counters offers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True)
class Decision:
    """One count against a limit.

    `count` includes the present one. `retry_after` is zero when allowed, else the time until the window ends.
    """

    allowed: bool
    count: int
    retry_after: timedelta
    limit: int


@dataclass(frozen=True)
class Budget:
    """So many uses per window."""

    limit: int
    window: timedelta


@dataclass(frozen=True)
class Tally:
    """What a store holds under a key: how often it was counted in the window that ends at `ends_at`."""

    count: int
    ends_at: datetime


class CountersAway(Exception):
    """The store does not answer."""


class Counters(Protocol):
    """A store of counters. Every change is atomic: parallel counts never lose one.

    Each method raises `CountersAway` if the store does not answer.
    """

    def count(self, key: str, window: timedelta, now: datetime) -> Tally:
        """Count once; a window that has ended begins anew. Return the tally after it."""

    def peek(self, key: str, now: datetime) -> Tally | None:
        """Return the tally of the running window, without counting."""

    def give_back(self, key: str, now: datetime) -> None:
        """Take one count back, if the window still runs."""

    def reset(self, key: str) -> None:
        """Forget the key."""
