"""Questions about what happened at an account's door."""

from collections.abc import Iterable

from kapi.contexts.identity.models import HistoryRow, Session
from kapi.contexts.identity.values import HistoryEntry, HistoryKind, HistoryPage, PersonId, SessionId, Visitor


def sign_in_history(*, person_id: PersonId, older_than: int | None = None, limit: int = 50) -> HistoryPage:
    """Return a page of what happened at the account's door, newest first; `older_than` is the former page's."""
    rows = HistoryRow.objects.filter(person_id=person_id).select_related("legal_person")
    if older_than is not None:
        rows = rows.filter(pk__lt=older_than)
    found = list(rows.order_by("-pk")[: limit + 1])
    return HistoryPage(
        entries=tuple(_entries(found[:limit])), older_than=found[limit - 1].pk if len(found) > limit else None
    )


def _entries(rows: Iterable[HistoryRow]) -> Iterable[HistoryEntry]:
    for row in rows:
        yield HistoryEntry(
            entry_id=row.pk,
            at=row.at,
            kind=HistoryKind(row.kind),
            visitor=visitor_of(row),
            session_id=SessionId(row.session_id) if row.session_id else None,
            legal_person=row.legal_person.name if row.legal_person else None,
            staff_id=row.staff_id,
            institution_code=row.institution_code,
            means=tuple(row.means.split()),
        )


def visitor_of(row: Session | HistoryRow) -> Visitor:
    """Return where a session is, or something happened, as its row says."""
    return Visitor(network=row.network, browser=row.browser, system=row.system)
