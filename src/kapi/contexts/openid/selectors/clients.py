"""Questions about clients."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from django.db.models import QuerySet, Subquery
from joserfc.jwk import Key

from kapi.contexts.institutions.selectors import at_or_below
from kapi.contexts.openid.errors import ClientNotFound
from kapi.contexts.openid.models import Client, ClientChange, SigningKey
from kapi.contexts.openid.rules import clients as rules
from kapi.contexts.openid.rules.jwt import import_keys
from kapi.contexts.openid.selectors.keys import StoredKey
from kapi.contexts.openid.values.clients import (
    EXCEPTIONS,
    ApiScope,
    AuthMethod,
    ChangeState,
    ClientRecord,
    Profile,
    Scope,
    ScopeUse,
    Suspension,
    SuspensionReason,
    Widening,
)
from kapi.contexts.openid.values.clients import ClientChange as Change
from kapi.contexts.openid.values.keys import KeyState
from kapi.foundation.prepared import kept_beside_connection
from kapi.foundation.statements import Question, Reading, Slot, Version
from kapi.foundation.turns import Finding
from kapi.kernel.langstring import LangString

MOST_KEPT = 512


COLUMNS = tuple(
    field.attname
    for field in Client._meta.concrete_fields
    if field.name not in {"created_at", "fetched_jwks", "fetched_at", "fetch_tried_at"}
)
"""The columns that make a `ClientRecord`."""


@dataclass(frozen=True)
class Provable:
    """A client, its registered keys (None: they are elsewhere), and the key that we sign with, if there is one yet.

    `standing` finds out whether all of this is still as it was read; None where the database cannot tell.
    """

    client: ClientRecord
    keys: Sequence[Key] | None
    signing_key: StoredKey | None
    standing: Finding | None


def find_client(*, client_id: str) -> ClientRecord | None:
    """Return the client of that id, open or closed; None if there is none."""
    return _OF_ID.find(id=client_id)


def find_provable(*, client_id: str) -> Provable | None:
    """Return the client of that id, open or closed, and by what it and we sign; None if there is none. One query.

    What can be relied on with `standing` is kept for `find_kept`.
    """
    found = _PROVABLE.find(id=client_id)
    kept = kept_beside_connection()
    if kept is not None:
        kept.pop(client_id, None)
        if found is not None and found.standing is not None:
            if len(kept) >= MOST_KEPT:
                kept.clear()
            kept[client_id] = found
    return found


def find_kept(*, client_id: str) -> Provable | None:
    """Return a client as it was when this thread read it last, without asking; None if that is not kept.

    Nobody may be refused by it, and nothing given but by a statement that asks whether it is `standing`.
    """
    kept = kept_beside_connection()
    return None if kept is None else kept.get(client_id)


def forget_kept(*, client_id: str) -> None:
    """Have a client read again: it is not as it was."""
    kept = kept_beside_connection()
    if kept is not None:
        kept.pop(client_id, None)


def get_client(*, client_id: str) -> ClientRecord:
    """Return the client of that id, open or closed.

    :raises ClientNotFound: if there is none.
    """
    found = find_client(client_id=client_id)
    if found is None:
        raise ClientNotFound
    return found


def list_clients(*, institution_code: str | None = None, profile: Profile | None = None) -> list[ClientRecord]:
    """Return all clients, or one institution's, or those of one profile, in order of id."""
    rows = Client.objects.order_by("pk")
    if profile is not None:
        rows = rows.filter(profile=profile)
    if institution_code is not None:
        rows = rows.filter(institution=institution_code)
    return [as_record(row) for row in rows]


def list_exceptions() -> list[ClientRecord]:
    """Return the clients that follow a profile which is to end, those that end first before the others."""
    rows = Client.objects.filter(profile__in=EXCEPTIONS).order_by("pk")
    far = datetime.max.replace(tzinfo=UTC)
    return sorted((as_record(row) for row in rows), key=lambda record: (record.ends_at or far, record.id))


def list_in_anothers_sector() -> list[ClientRecord]:
    """Return the clients whose sector has the form of another institution's code, in order of id.

    None can be registered like that any more. They know people by the same subjects as that institution's own.
    """
    return [
        client
        for client in list_clients()
        if client.sector != client.institution_code and rules.is_an_institutions_own(client.sector)
    ]


def clients_of(*, within: Iterable[str] | None) -> list[ClientRecord]:
    """Return the clients at and below these institutions (None: all there are), in order of id."""
    rows = Client.objects.order_by("pk")
    if within is not None:
        rows = rows.filter(at_or_below(within))
    return [as_record(row) for row in rows]


def digest_of(record: ClientRecord) -> str:
    """Return what tells this state of a client's terms from any other; who decides about them sends it back."""
    return rules.digest_of(record.terms)


def find_waiting_change(*, client_id: str) -> Change | None:
    """Return the change of a client that waits for another person, or None. One query."""
    row = ClientChange.objects.filter(client=client_id, state=ChangeState.WAITING).first()
    return None if row is None else _as_change(row)


def waiting_changes() -> frozenset[str]:
    """Return the ids of the clients of which a change waits for another person."""
    rows = ClientChange.objects.filter(state=ChangeState.WAITING)
    return frozenset(rows.values_list("client_id", flat=True).order_by("pk"))


def widening_of(*, record: ClientRecord, change: Change) -> tuple[Widening, ...]:
    """Say in which ways a change would give a client more than it has now."""
    return rules.widening(record.terms, change.terms)


def _as_change(row: ClientChange) -> Change:
    return Change(row.pk, row.client_id, rules.from_document(row.terms), row.proposed_by, row.proposed_at)


def as_record(row: Client) -> ClientRecord:
    """Return the row as a value."""
    return ClientRecord(
        id=row.pk,
        institution_code=row.institution_id or "",
        name=LangString.read(row.name),
        profile=Profile(row.profile),
        auth_method=AuthMethod(row.auth_method),
        redirect_uris=tuple(row.redirect_uris),
        post_logout_redirect_uris=tuple(row.post_logout_redirect_uris),
        backchannel_logout_uri=row.backchannel_logout_uri,
        sector=row.sector,
        scopes=_uses(row.scopes),
        api_scopes=tuple(ApiScope(name) for name in row.api_scopes.split()),
        jwks=row.jwks,
        jwks_uri=row.jwks_uri,
        secret_hash=row.secret_hash,
        secret_ends_at=row.secret_ends_at,
        exception_ends_at=row.exception_ends_at,
        is_open=row.closed_at is None,
        is_test=row.is_test,
        tls_subject=row.tls_subject,
        suspension=Suspension(row.suspended_at, SuspensionReason(row.suspended_for)) if row.suspended_at else None,
        good_from=row.good_from,
    )


@lru_cache(maxsize=MOST_KEPT)
def uses_of(written: str) -> Mapping[Scope, ScopeUse]:
    """Return why a client asks for what, read once for what its column `scopes` says (as text)."""
    return MappingProxyType(_uses(json.loads(written)))


def _uses(stored: Mapping[str, Any]) -> dict[Scope, ScopeUse]:
    return {
        Scope(name): ScopeUse(Scope(name), LangString.read(use["purpose"]), LangString.read(use["legal_basis"]))
        for name, use in stored.items()
    }


def from_columns(columns: tuple[Any, ...]) -> ClientRecord:
    """Return as a value what was read of a client beside something else: its `COLUMNS`."""
    return as_record(Client(**dict(zip(COLUMNS, columns, strict=True))))


def _with_signing_key() -> QuerySet[Any]:
    # A constraint allows one active key.
    active = SigningKey.objects.filter(state=KeyState.ACTIVE).order_by("kid").annotate(version=Version())
    return Client.objects.filter(pk=Slot("id")).annotate(
        version=Version(),
        key_version=Subquery(active.values("version")[:1]),
        **{name: Subquery(active.values(name)[:1]) for name in ("kid", "store", "private")},
    )


def _still_the_same() -> QuerySet[Any, Any]:
    return _with_signing_key().filter(version=Slot("version"), key_version=Slot("key_version")).values_list("pk")


def _provable(row: Any) -> Provable:
    client, keys = as_record(row), None if row.jwks is None else tuple(import_keys(row.jwks))
    # With both versions there is a key of ours; who is closed or has its keys elsewhere is looked at each time.
    can_stand = row.version and row.key_version and keys is not None and client.is_open and client.suspension is None
    return Provable(
        client=client,
        keys=keys,
        signing_key=None if row.kid is None else StoredKey(row.kid, row.store, bytes(row.private)),
        standing=Finding(_STANDING, id=client.id, version=row.version, key_version=row.key_version)
        if can_stand
        else None,
    )


_OF_ID = Reading(lambda: Client.objects.filter(pk=Slot("id")), as_record, most=MOST_KEPT)
_STANDING = Question(_still_the_same)
_PROVABLE = Reading(_with_signing_key, _provable, most=MOST_KEPT)
