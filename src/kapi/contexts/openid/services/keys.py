"""Signing keys: made, published, used, retired."""

import json
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.db import transaction
from joserfc.jwk import ECKey

from kapi.contexts.openid.errors import KeyTooYoung
from kapi.contexts.openid.models import SigningKey
from kapi.contexts.openid.rules.keys import may_be_used, rotation_is_due
from kapi.contexts.openid.selectors.keys import SEALED_AS, open_private
from kapi.contexts.openid.values.keys import KeyRecord, KeyState
from kapi.foundation import keys as seals
from kapi.foundation.audit import services as audit
from kapi.foundation.locks import hold_lock
from kapi.kernel.actors import Actor

_LOCK = "openid-signing-keys"


def ensure_keys(*, actor: Actor, now: datetime) -> int:
    """Make what is missing of an active and a next key, and return how many were made.

    The first active key ever is used at once: nobody can hold an older set of ours.
    """
    with transaction.atomic():
        hold_lock(_LOCK)
        states = set(SigningKey.objects.order_by("kid").values_list("state", flat=True))
        missing = [state for state in (KeyState.ACTIVE, KeyState.NEXT) if state not in states]
        for state in missing:
            kid = _make_key(state, now).kid
            audit.record(action="openid.key_made", subject_kind="signing_key", subject_id=kid, actor=actor, now=now)
    return len(missing)


def rotate_keys(*, actor: Actor, now: datetime) -> KeyRecord:
    """Use the next key from now on, retire the present one, publish a new next one; return the key now in use.

    :raises KeyTooYoung: if the next key has been published for less than twice the time that clients may cache.
    """
    ensure_keys(actor=actor, now=now)
    with transaction.atomic():
        hold_lock(_LOCK)
        upcoming = SigningKey.objects.select_for_update(of=("self",)).get(state=KeyState.NEXT)
        if not may_be_used(published_at=upcoming.created_at, jwks_max_age=settings.OPENID.jwks_max_age, now=now):
            raise KeyTooYoung
        _advance(upcoming, actor, now)
    return _record(upcoming)


def rotate_keys_now(*, actor: Actor, now: datetime) -> KeyRecord:
    """Do the same without waiting, for a key that may be in wrong hands.

    Clients that cached our keys a moment ago refuse new tokens until they ask again.
    """
    ensure_keys(actor=actor, now=now)
    with transaction.atomic():
        hold_lock(_LOCK)
        upcoming = SigningKey.objects.select_for_update(of=("self",)).get(state=KeyState.NEXT)
        _advance(upcoming, actor, now)
    return _record(upcoming)


def rotate_due_keys(*, actor: Actor, now: datetime) -> int:
    """Rotate if the present key has served its time, else only make what is missing; return how many keys changed."""
    made = ensure_keys(actor=actor, now=now)
    active = SigningKey.objects.get(state=KeyState.ACTIVE)
    upcoming = SigningKey.objects.get(state=KeyState.NEXT)
    if not rotation_is_due(
        activated_at=active.activated_at or active.created_at, lifetime=settings.OPENID.key_lifetime, now=now
    ) or not may_be_used(published_at=upcoming.created_at, jwks_max_age=settings.OPENID.jwks_max_age, now=now):
        return made
    rotate_keys(actor=actor, now=now)
    return made + 1


def prune_keys(*, actor: Actor, now: datetime) -> int:
    """Destroy the secrets of keys retired for longer than they are shown, and return how many.

    The public halves stay: an ID token of any age may come back as a hint.
    """
    before = now - max(settings.OPENID.retired_key_shown, timedelta(hours=1))
    with transaction.atomic():
        old = SigningKey.objects.filter(state=KeyState.RETIRED, retired_at__lt=before).exclude(private=b"")
        kids = list(old.order_by("kid").values_list("kid", flat=True))
        SigningKey.objects.filter(kid__in=kids).update(private=b"")
        for kid in kids:
            audit.record(
                action="openid.key_secret_destroyed", subject_kind="signing_key", subject_id=kid, actor=actor, now=now
            )
    return len(kids)


def active_key(*, actor: Actor, now: datetime) -> ECKey:
    """Return the key to sign with, made if there is none yet."""
    rows = SigningKey.objects.filter(state=KeyState.ACTIVE).values_list("kid", "private")
    for kid, private in rows:  # a constraint allows one
        return _open(kid, bytes(private))
    ensure_keys(actor=actor, now=now)
    kid, private = rows.get()
    return _open(kid, bytes(private))


@lru_cache(maxsize=8)
def _open(kid: str, private: bytes) -> ECKey:
    """Unseal a key once per process; the sealed bytes are part of the question, so no stale answer is possible."""
    return open_private(kid=kid, private=private)


def _make_key(state: KeyState, now: datetime) -> SigningKey:
    pair = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, private=True, auto_kid=True)
    return SigningKey.objects.create(
        kid=str(pair.kid),
        public=pair.as_dict(private=False),
        private=seals.seal(json.dumps(pair.as_dict(private=True)), purpose=SEALED_AS),
        state=state,
        created_at=now,
        activated_at=now if state is KeyState.ACTIVE else None,
    )


def _advance(upcoming: SigningKey, actor: Actor, now: datetime) -> None:
    SigningKey.objects.filter(state=KeyState.ACTIVE).update(state=KeyState.RETIRED, retired_at=now)
    upcoming.state, upcoming.activated_at = KeyState.ACTIVE, now
    upcoming.save(update_fields=["state", "activated_at"])
    _make_key(KeyState.NEXT, now)
    audit.record(action="openid.key_rotated", subject_kind="signing_key", subject_id=upcoming.kid, actor=actor, now=now)


def _record(row: SigningKey) -> KeyRecord:
    return KeyRecord(row.kid, KeyState(row.state), row.created_at, row.activated_at, row.retired_at)
