"""Questions about the audit trail: what is written down, the newest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from kapi.foundation.audit.chain import SEALED_COLUMNS
from kapi.foundation.audit.models import AuditRecord

_CHUNK = 1_000


@dataclass(frozen=True)
class RecordsAsked:
    """Which records are asked for; what is None or empty excludes nothing.

    `actor` and `subject` are a kind and an id: an id alone says nothing, and a kind alone would be half of the trail.
    The span takes `since` in and leaves `until` out.
    """

    actor: tuple[str, str] | None = None
    subject: tuple[str, str] | None = None
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Place:
    """A place in the trail: that of one record. Two records may be of the same moment."""

    at: datetime
    id: int


@dataclass(frozen=True)
class RecordView:
    """One record as it is read: what its seal covers, in that order."""

    id: int
    at: datetime
    actor_kind: str
    actor_id: str
    institution_code: str
    action: str
    subject_kind: str
    subject_id: str
    details: dict[str, Any]

    @property
    def place(self) -> Place:
        """Where the record stands."""
        return Place(self.at, self.id)


def records(*, asked: RecordsAsked, before: Place | None = None, limit: int) -> list[RecordView]:
    """List up to `limit` records, the newest first; only those older than the one at `before`. One query, by index.

    However long the trail is and however far back one reads, no more than these rows are walked over for one filter;
    a second one is looked for among the rows of the first.
    """
    return [RecordView(*row) for row in _rows(asked, before).values_list(*SEALED_COLUMNS)[:limit]]


def each_record(*, asked: RecordsAsked, most: int) -> Iterator[RecordView]:
    """Give up to `most` records, the newest first, read in pieces of a thousand."""
    before, left = None, most
    while left > 0 and (piece := records(asked=asked, before=before, limit=min(left, _CHUNK))):
        yield from piece
        before, left = piece[-1].place, left - len(piece)


def _rows(asked: RecordsAsked, before: Place | None) -> QuerySet[AuditRecord]:
    rows = AuditRecord.objects.order_by("-at", "-pk")
    if asked.actor is not None:
        rows = rows.filter(actor_kind=asked.actor[0], actor_id=asked.actor[1])
    if asked.subject is not None:
        rows = rows.filter(subject_kind=asked.subject[0], subject_id=asked.subject[1])
    if asked.action:
        rows = rows.filter(action=asked.action)
    if asked.since is not None:
        rows = rows.filter(at__gte=asked.since)
    if asked.until is not None:
        rows = rows.filter(at__lt=asked.until)
    if before is not None:
        # The first condition is what an index can begin with.
        rows = rows.filter(at__lte=before.at).filter(Q(at__lt=before.at) | Q(pk__lt=before.id))
    return rows
