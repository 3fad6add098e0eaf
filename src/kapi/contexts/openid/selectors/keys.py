"""Questions about signing keys."""

import json
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from kapi.contexts.openid.errors import TokenNotReadable
from kapi.contexts.openid.models import SigningKey
from kapi.contexts.openid.rules import jwt
from kapi.contexts.openid.rules.keys import is_shown
from kapi.contexts.openid.values.keys import KeyRecord, KeyState
from kapi.foundation.keys import SealBroken, open_sealed

SEALED_AS = "signing-key"  # the purpose under which secret halves are sealed


def published_keys(*, now: datetime) -> list[dict[str, Any]]:
    """Return the JWKs to publish: active, next, and those retired lately; empty before the first key is made."""
    shown_for = settings.OPENID.retired_key_shown
    rows = SigningKey.objects.only("public", "retired_at").order_by("created_at", "kid")
    return [row.public for row in rows if is_shown(retired_at=row.retired_at, shown_for=shown_for, now=now)]


def list_keys() -> list[KeyRecord]:
    """Return all keys, oldest first."""
    rows = SigningKey.objects.defer("private", "public").order_by("created_at", "kid")
    return [KeyRecord(r.kid, KeyState(r.state), r.created_at, r.activated_at, r.retired_at) for r in rows]


def are_keys_usable() -> bool:
    """Tell whether the stored keys, in use and next, open under the present secret and sign what we publish as theirs.

    Before the first key is made there is nothing to open: it is made when it is needed.
    """
    rows = SigningKey.objects.only("kid", "public", "private").filter(state__in=[KeyState.ACTIVE, KeyState.NEXT])
    return all(_signs(row) for row in rows.order_by("kid"))


def open_private(*, kid: str, private: bytes) -> ECKey:
    """Unseal the secret half of a key.

    :raises kapi.foundation.keys.SealBroken: if neither the present secret nor a former one opens it.
    """
    return ECKey.import_key(json.loads(open_sealed(private, purpose=SEALED_AS)), {"kid": kid, "use": "sig"})


def _signs(row: SigningKey) -> bool:
    try:
        pair, public = open_private(kid=row.kid, private=bytes(row.private)), ECKey.import_key(row.public)
        token = jwt.sign({"iss": settings.OPENID.issuer}, typ=jwt.ID_TOKEN, key=pair)
        jwt.read(token, keys=[public], algorithms=[jwt.SIGNING_ALGORITHM])
    except (SealBroken, TokenNotReadable, JoseError, ValueError, TypeError):
        return False
    return True


def verification_key(*, kid: object) -> ECKey | None:
    """Return the public key of that name, of whatever age: an ID token may come back as a hint after years."""
    if not isinstance(kid, str) or len(kid) > 64 or not kid.isascii() or not kid.isprintable():
        return None
    row = SigningKey.objects.only("public").filter(kid=kid).first()
    return None if row is None else _import(tuple(sorted(row.public.items())))


@lru_cache(maxsize=32)
def _import(members: tuple[tuple[str, str], ...]) -> ECKey:
    return ECKey.import_key(dict(members))
