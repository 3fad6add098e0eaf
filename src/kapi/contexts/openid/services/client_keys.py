"""The keys of clients that publish them at an address of their own: fetched, kept, and used on when that fails."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import Q
from joserfc.jwk import Key

from kapi.contexts.openid.errors import ClientKeysUnavailable, ClientNotFound
from kapi.contexts.openid.models import Client
from kapi.contexts.openid.rules.client_keys import KeyCache, may_try, must_fetch, still_serves
from kapi.contexts.openid.rules.jwt import import_keys
from kapi.contexts.openid.values.clients import ClientRecord
from kapi.foundation.http.errors import AddressRefused, AnswerTooLarge, CallFailed
from kapi.foundation.http.services import fetch
from kapi.foundation.settled import settings
from kapi.kernel.actors import Actor

_TIMEOUT_S = 3.0
_MOST_BYTES = 65_536


def keys_of_client(*, client: ClientRecord, kid: str | None, actor: Actor, now: datetime) -> Sequence[Key]:
    """Return the client's keys; those at a `jwks_uri` are asked for when they are old or lack `kid`.

    One try in `client_keys_pause`, whatever clients send. When a try fails, the last answer serves on for
    `client_keys_stale`. Calls out: never use it inside a transaction.

    :raises ClientKeysUnavailable: if there is no answer to use.
    """
    if client.jwks is not None:
        return _imported(json.dumps(client.jwks))
    row = Client.objects.only("fetched_jwks", "fetched_at", "fetch_tried_at").get(pk=client.id)
    cache = KeyCache(_kids(row.fetched_jwks), row.fetched_at, row.fetch_tried_at)
    limits = settings.OPENID
    if must_fetch(cache, kid=kid, limits=limits, now=now) and _claim_try(client.id, cache, now):
        keys = _fetch_into(client.id, client.jwks_uri, now)
        if keys is not None:
            return keys
    if row.fetched_jwks is None or not still_serves(cache, limits=limits, now=now):
        raise ClientKeysUnavailable
    return _imported(json.dumps(row.fetched_jwks))


def refresh_client_keys(*, client_id: str, actor: Actor, now: datetime) -> bool:
    """Ask a client's `jwks_uri` for its keys at once and tell whether it gave any that we could use.

    :raises ClientNotFound: if there is no such client, or its keys are not at an address.
    """
    row = Client.objects.only("jwks_uri").filter(pk=client_id).exclude(jwks_uri="").first()
    if row is None:
        raise ClientNotFound
    Client.objects.filter(pk=client_id).update(fetch_tried_at=now)
    try:
        return _fetch_into(client_id, row.jwks_uri, now) is not None
    except ClientKeysUnavailable:
        return False


def refresh_old_client_keys(*, limit: int, actor: Actor, now: datetime) -> int:
    """Ask for up to `limit` key sets that are getting old, before anybody has to wait for them; return how many came.

    So the last answer is never much older than `client_keys_fresh` while the client's server is up.
    """
    pause = now - settings.OPENID.client_keys_pause
    old = now - settings.OPENID.client_keys_fresh
    due = (
        Client.objects.filter(Q(fetched_at=None) | Q(fetched_at__lte=old), closed_at=None)
        .filter(Q(fetch_tried_at=None) | Q(fetch_tried_at__lte=pause))
        .exclude(jwks_uri="")
        .order_by("fetch_tried_at", "pk")
    )
    return sum(refresh_client_keys(client_id=row.pk, actor=actor, now=now) for row in due.only("pk")[:limit])


def _fetch_into(client_id: str, uri: str, now: datetime) -> Sequence[Key] | None:
    """Ask for keys and keep them; None if the address gives none.

    :raises ClientKeysUnavailable: if they are the client's no longer.
    """
    document = _ask(uri)
    if document is None:
        return None
    # Not if the client was given other keys, or closed, while the address was being asked.
    if not Client.objects.filter(pk=client_id, jwks_uri=uri, closed_at=None).update(
        fetched_jwks=document, fetched_at=now
    ):
        raise ClientKeysUnavailable
    return import_keys(document)


def _claim_try(client_id: str, cache: KeyCache, now: datetime) -> bool:
    """Let one of all processes ask, and not again before the pause is over."""
    if not may_try(cache, limits=settings.OPENID, now=now):
        return False
    waited = now - settings.OPENID.client_keys_pause
    due = Client.objects.filter(Q(fetch_tried_at=None) | Q(fetch_tried_at__lte=waited), pk=client_id)
    return due.update(fetch_tried_at=now) == 1


def _ask(uri: str) -> dict[str, Any] | None:
    """Return the key set at `uri`, or None if there is none that we could use."""
    try:
        answer = fetch(
            method="GET",
            url=uri,
            headers={"Accept": "application/json"},
            body=None,
            timeout_s=_TIMEOUT_S,
            max_bytes=_MOST_BYTES,
        )
        if answer.status != 200:
            return None
        document: dict[str, Any] = json.loads(answer.body)
        import_keys(document)
    except (AddressRefused, CallFailed, AnswerTooLarge, ValueError, RecursionError):
        return None
    return document


@lru_cache(maxsize=512)
def _imported(document: str) -> Sequence[Key]:
    """Read a key set once per process; the set itself is the question, so no stale answer is possible."""
    return tuple(import_keys(json.loads(document)))


def _kids(document: dict[str, Any] | None) -> frozenset[str]:
    if document is None:
        return frozenset()
    return frozenset(str(member.get("kid", "")) for member in document["keys"])
