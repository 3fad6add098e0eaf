"""Counters as rows of the database. Each change is one statement."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from django.db.models import F

from kapi.foundation.limits.models import LimitCounter
from kapi.foundation.limits.values import Tally
from kapi.foundation.prepared import Rows, Statement
from kapi.foundation.statements import Asking, Change, Question, Slot

_Answer = TypeVar("_Answer")

_COUNT = """
INSERT INTO limits_limitcounter (key, count, ends_at) {what}
ON CONFLICT (key) DO UPDATE SET
  count = CASE WHEN limits_limitcounter.ends_at <= %s THEN 1 ELSE limits_limitcounter.count + 1 END,
  ends_at = CASE WHEN limits_limitcounter.ends_at <= %s THEN excluded.ends_at ELSE limits_limitcounter.ends_at END
RETURNING count, ends_at
"""
_COUNTED = Statement(_COUNT.format(what="VALUES (%s, 1, %s)"))
_RUNNING = Question(
    lambda: LimitCounter.objects.filter(key=Slot("key"), ends_at__gt=Slot("now")).values_list("count", "ends_at")
)
_GIVE_BACK = Change(
    lambda: LimitCounter.objects.filter(key=Slot("key"), ends_at__gt=Slot("now"), count__gt=0), count=F("count") - 1
)


class DatabaseCounters:
    """The store of a single machine, and the one to fall back on."""

    def count(self, key: str, window: timedelta, now: datetime) -> Tally:
        """Count once and return the tally after it."""
        return counting(key, window, now, lambda tally: tally).alone()

    def peek(self, key: str, now: datetime) -> Tally | None:
        """Return the tally of the running window."""
        found = _RUNNING.first(key=key, now=now)
        return Tally(*found) if found else None

    def give_back(self, key: str, now: datetime) -> None:
        """Take one count back."""
        _GIVE_BACK.make(key=key, now=now)

    def reset(self, key: str) -> None:
        """Forget the key."""
        LimitCounter.objects.filter(key=key).delete()

    def prune(self, limit: int, now: datetime) -> int:
        """Delete up to `limit` counters whose window has ended and return how many."""
        ended = LimitCounter.objects.filter(ends_at__lte=now).order_by("ends_at", "key")
        # The condition is repeated: a counter may have begun a new window since it was read.
        keys = list(ended.values_list("key", flat=True)[:limit])
        return LimitCounter.objects.filter(key__in=keys, ends_at__lte=now).delete()[0]


def counting(key: str, window: timedelta, now: datetime, read: Callable[[Tally], _Answer]) -> Asking[_Answer]:
    """Return counting once as something to be asked, of which `read` makes the answer from the tally after it."""

    def answer(rows: Rows) -> _Answer:
        [(counted, ends_at)] = rows
        return read(Tally(counted, _read(ends_at)))

    return Asking(_COUNTED, [key, now + window, now, now], answer)


def count_in_turn(name: str, source: str) -> str:
    """Return counting as a query `name` of a WITH, which has a row if the limit is kept (`foundation.turns`)."""
    counted = _COUNT.format(what=f"SELECT %s, 1, %s{source}")
    return f"{name}_counted AS ({counted}), {name} AS (SELECT 1 FROM {name}_counted WHERE count <= %s)"  # noqa: S608 - names of our own


def sent_in_turn(key: str, limit: int, window: timedelta, now: datetime) -> list[object]:
    """Return the values for it."""
    return [key, now + window, now, now, limit]


def _read(value: datetime | str) -> datetime:
    """Read what the driver returns: SQLite keeps moments in UTC, without a zone."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
