"""Questions about signing keys."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import Exists, TextField
from django.db.models.functions import Cast
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from kapi.contexts.openid.errors import KeyLost, KeyStoreUnavailable, TokenNotReadable
from kapi.contexts.openid.models import SigningKey
from kapi.contexts.openid.providers.registry import get_store
from kapi.contexts.openid.rules import jwt
from kapi.contexts.openid.rules.keys import is_shown
from kapi.contexts.openid.values.keys import KeyRecord, KeyState
from kapi.foundation.settled import settings
from kapi.foundation.statements import Question, Slot

_ACTIVE = Question(lambda: SigningKey.objects.filter(state=KeyState.ACTIVE).values_list("kid", "store", "private"))
_SHOWN = Question(
    lambda: (
        SigningKey.objects.order_by("created_at", "kid")
        .annotate(written=Cast("public", TextField()))
        .values_list("written", "state", "retired_at")
    )
)
_GOOD = Question(
    lambda: SigningKey.objects.filter(kid=Slot("kid")).exclude(state=KeyState.REVOKED).values_list("public", flat=True)
)


def where_key_is_good() -> Exists:
    """Return the condition that the key in the slot `kid` is ours, of whatever age, and was not withdrawn."""
    return Exists(SigningKey.objects.filter(kid=Slot("kid")).exclude(state=KeyState.REVOKED))


@dataclass(frozen=True)
class StoredKey:
    """A key of ours that signs. Its secret half stays where it is: in its store."""

    kid: str
    store: str
    handle: bytes = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        """Have the store sign.

        :raises KeyStoreUnavailable: if the store does not answer.
        :raises KeyLost: if it cannot sign with this key.
        """
        return get_store(self.store).sign(kid=self.kid, handle=self.handle, message=message)


def find_active_key() -> StoredKey | None:
    """Return the key to sign with, if there is one. One query."""
    found = _ACTIVE.first()  # a constraint allows one
    return StoredKey(found[0], found[1], bytes(found[2])) if found else None


def published_keys(*, now: datetime) -> list[dict[str, Any]]:
    """Return the JWKs to publish: active, next, and those retired lately; empty before the first key is made."""
    return [json.loads(key) for key in written_keys(now=now)]


def written_keys(*, now: datetime) -> list[str]:
    """Return the same keys, each as JSON. One query."""
    shown_for = settings.OPENID.retired_key_shown
    return [
        written
        for written, state, retired_at in _SHOWN.all()
        if is_shown(state=KeyState(state), retired_at=retired_at, shown_for=shown_for, now=now)
    ]


def list_keys() -> list[KeyRecord]:
    """Return all keys, oldest first."""
    rows = SigningKey.objects.defer("private", "public").order_by("created_at", "kid")
    return [as_key_record(row) for row in rows]


def as_key_record(row: SigningKey) -> KeyRecord:
    """Return the row as a value."""
    return KeyRecord(row.kid, KeyState(row.state), row.created_at, row.activated_at, row.retired_at, row.store)


def are_keys_usable() -> bool:
    """Tell whether the stored keys, in use and next, open under the present secret and sign what we publish as theirs.

    Before the first key is made there is nothing to open: it is made when it is needed. Where all were withdrawn and
    none could be made since, nothing can be signed.
    """
    rows = list(SigningKey.objects.filter(state__in=[KeyState.ACTIVE, KeyState.NEXT]).order_by("kid"))
    if not any(row.state == KeyState.ACTIVE for row in rows) and SigningKey.objects.exists():
        return False
    return all(_signs(StoredKey(row.kid, row.store, bytes(row.private)), row.public) for row in rows)


def _signs(key: StoredKey, public: Mapping[str, Any]) -> bool:
    try:
        get_store(key.store).check()
        token = jwt.sign({"iss": settings.OPENID.issuer}, typ=jwt.ID_TOKEN, key=key)
        jwt.read(token, keys=[ECKey.import_key(dict(public))], algorithms=[jwt.SIGNING_ALGORITHM])
    except (KeyStoreUnavailable, KeyLost, TokenNotReadable, JoseError, ValueError, TypeError, ImportError):
        return False
    return True


def verification_key(*, kid: object) -> ECKey | None:
    """Return the public key of that name, of whatever age: an ID token may come back as a hint after years.

    One that was revoked is none from that moment on.
    """
    if not isinstance(kid, str) or len(kid) > 64 or not kid.isascii() or not kid.isprintable():
        return None
    public = _GOOD.first(kid=kid)
    return None if public is None else _import(tuple(sorted(public.items())))


@lru_cache(maxsize=32)
def _import(members: tuple[tuple[str, str], ...]) -> ECKey:
    return ECKey.import_key(dict(members))
