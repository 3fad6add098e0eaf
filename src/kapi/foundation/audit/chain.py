"""The chain: what a seal covers, which records wait for one, and how far the trail is settled."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, Max, OuterRef, QuerySet

from kapi.foundation.audit.models import AuditMark, AuditRecord, AuditSeal

GENESIS = "0" * 64
# The columns that a seal covers, in the order in which they are hashed.
SEALED_COLUMNS = (
    "pk", "at", "actor_kind", "actor_id", "institution_code", "action", "subject_kind", "subject_id", "details",
)  # fmt: skip
# A transaction that has taken an id and not yet its number is in between for microseconds.
_AT_LEAST = timedelta(seconds=30)
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def hash_of(position: int, previous: str, columns: tuple[Any, ...]) -> str:
    """Return the hash (64 hex digits) of a record's `SEALED_COLUMNS` at a place of the chain."""
    pk, at, *rest = columns
    content = [position, previous, pk, at.astimezone(UTC).isoformat(timespec="microseconds"), *rest]
    return hashlib.sha256(_encode(content).encode()).hexdigest()


def last_position() -> int:
    """Return how long the chain is: the place of its last seal, or 0."""
    return AuditSeal.objects.order_by("-position").values_list("position", flat=True).first() or 0


def settled_id() -> int:
    """Return the id up to which every record is sealed for good, so that an unsealed one was put there."""
    return AuditMark.objects.order_by("pk").values_list("settled_id", flat=True).first() or 0


def unsealed(*, after: int = 0) -> QuerySet[AuditRecord]:
    """Return the records beyond the id `after` that wait for a seal, in order of id.

    What is settled is not looked at again.
    """
    without = ~Exists(AuditSeal.objects.filter(record=OuterRef("pk")))
    return AuditRecord.objects.filter(without, pk__gt=max(after, settled_id())).order_by("pk")


def oldest_transaction() -> int | None:
    """Return the number of the oldest transaction under way; None where one transaction writes at a time."""
    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return int(cursor.fetchone()[0])


def settle(*, sealed_to: int | None, oldest: int | None, now: datetime) -> None:
    """Move the mark on after sealing; the caller is the only sealer.

    `sealed_to` is the id up to which all that could be seen is sealed now (None: all of it), `oldest` is
    `oldest_transaction()` as it was before. SQLite gives ids and commits one transaction at a time: what is sealed is
    settled. PostgreSQL may commit a lower id after a higher one: a mark is noted first, and settles when every
    transaction has ended that was under way then.
    """
    mark, _is_new = AuditMark.objects.get_or_create(pk=1)
    highest = AuditSeal.objects.aggregate(highest=Max("record_id"))["highest"] or 0
    rows = AuditMark.objects.filter(pk=1)
    if oldest is None:
        rows.filter(settled_id__lt=highest).update(settled_id=sealed_to or highest)
    elif mark.next_id is None:
        if highest > mark.settled_id:
            rows.update(next_id=highest, next_transaction=_next_transaction(), noted_at=now)
    elif (
        mark.noted_at is not None
        and now - mark.noted_at >= _AT_LEAST
        and oldest >= (mark.next_transaction or 0)
        and (sealed_to is None or sealed_to >= mark.next_id)
    ):
        rows.update(settled_id=mark.next_id, next_id=highest, next_transaction=_next_transaction(), noted_at=now)


def _next_transaction() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        return int(cursor.fetchone()[0])
