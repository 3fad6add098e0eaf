"""What was handed over."""

from datetime import datetime
from typing import Any

from kapi.contexts.openid.models import Sharing
from kapi.contexts.openid.values.clients import Attribute, Scope, ScopeUse
from kapi.contexts.openid.values.sharing import SharedScope, SharingRecord
from kapi.kernel.langstring import LangString


def sharings_of(*, person_id: int, limit: int = 100, before: datetime | None = None) -> list[SharingRecord]:
    """Return the latest occasions on which a person's attributes were handed over, the last first.

    `before` asks for the ones before a time. The purposes and laws are those that were stated then.
    """
    rows = Sharing.objects.filter(person_id=person_id).select_related("client", "principal").order_by("-at", "-pk")
    if before is not None:
        rows = rows.filter(at__lt=before)
    return [_record(row) for row in rows[:limit]]


def find_sharing(*, person_id: int, sharing_id: int) -> SharingRecord | None:
    """Return one occasion of a person's, if it is theirs."""
    rows = Sharing.objects.filter(pk=sharing_id, person_id=person_id).select_related("client", "principal")
    row = rows.first()
    return _record(row) if row else None


def _record(row: Sharing) -> SharingRecord:
    return SharingRecord(
        sharing_id=row.pk,
        session_id=row.session_id,
        at=row.at,
        client_id=row.client_id,
        client_name=LangString.read(row.client.name),
        institution_code=row.client.institution_id or "",
        principal_name=row.principal.name if row.principal else "",
        scopes=tuple(_shared(scope) for scope in row.scopes),
    )


def _shared(stored: dict[str, Any]) -> SharedScope:
    use = ScopeUse(Scope(stored["scope"]), LangString.read(stored["purpose"]), LangString.read(stored["legal_basis"]))
    attributes = tuple(Attribute(name) for name in stored["attributes"])
    return SharedScope(use.scope, attributes, use.purpose, use.legal_basis, use.basis)
