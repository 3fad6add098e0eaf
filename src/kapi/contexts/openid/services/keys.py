"""Signing keys: made, published, used, retired, withdrawn.

Their secret halves are in a store behind `providers/base.py`, which is never called inside a transaction: keys are made
before the transaction that needs them, and what it did not need is destroyed after it.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from django.db import transaction

from kapi.contexts.openid.errors import KeyNotFound, KeyStoreUnavailable, KeyTooYoung
from kapi.contexts.openid.models import SigningKey
from kapi.contexts.openid.providers.base import KeyStore
from kapi.contexts.openid.providers.registry import get_store, present_name
from kapi.contexts.openid.rules.keys import may_be_used, rotation_is_due
from kapi.contexts.openid.selectors.keys import StoredKey, as_key_record, find_active_key
from kapi.contexts.openid.values.keys import CreatedKey, KeyRecord, KeyState
from kapi.foundation.audit import services as audit
from kapi.foundation.locks import hold_lock
from kapi.foundation.settled import settings
from kapi.kernel.actors import Actor
from kapi.kernel.errors import DomainError

_LOCK = "openid-signing-keys"
_NEEDED = (KeyState.ACTIVE, KeyState.NEXT)


def ensure_keys(*, actor: Actor, now: datetime) -> int:
    """Make what is missing of an active and a next key, and return how many were made.

    The first active key ever is used at once: nobody can hold an older set of ours.

    :raises KeyStoreUnavailable: if a key is missing and the store does not answer.
    """
    missing = len(_missing())
    if not missing:
        return 0
    with _spare_keys(missing) as spare, transaction.atomic():
        hold_lock(_LOCK)
        return _fill(spare, actor, now)


def rotate_keys(*, actor: Actor, now: datetime) -> KeyRecord:
    """Use the next key from now on, retire the present one, publish a new next one; return the key now in use.

    :raises KeyTooYoung: if the next key has been published for less than twice the time that clients may cache.
    :raises KeyStoreUnavailable: if the store does not answer.
    """
    ensure_keys(actor=actor, now=now)
    _check_next_is_known(now)
    with _spare_keys(1) as spare, transaction.atomic():
        hold_lock(_LOCK)
        _check_next_is_known(now)
        SigningKey.objects.filter(state=KeyState.ACTIVE).update(state=KeyState.RETIRED, retired_at=now)
        _fill(spare, actor, now)
    return as_key_record(SigningKey.objects.get(state=KeyState.ACTIVE))


def rotate_due_keys(*, actor: Actor, now: datetime) -> int:
    """Rotate if the present key has served its time, else only make what is missing; return how many keys changed.

    :raises KeyStoreUnavailable: if a key is to be made and the store does not answer.
    """
    made = ensure_keys(actor=actor, now=now)
    active = SigningKey.objects.get(state=KeyState.ACTIVE)
    served_since, lifetime = active.activated_at or active.created_at, settings.OPENID.key_lifetime
    if not rotation_is_due(activated_at=served_since, lifetime=lifetime, now=now):
        return made
    try:
        rotate_keys(actor=actor, now=now)
    except KeyTooYoung:
        return made
    return made + 1


def revoke_keys(*, kids: Sequence[str], actor: Actor, now: datetime) -> KeyRecord | None:
    """Withdraw keys that may be in wrong hands, at once and for good; return the key in use from now on.

    They are no longer published, nothing that they signed is accepted here any more, and their secret halves are
    destroyed. In the place of the active one stands the next, which clients know already, unless it is withdrawn as
    well. Doing it again changes nothing.

    The store is asked afterwards, for withdrawing cannot wait for it. While it does not answer, what is missing is
    made by whoever next needs it or by the job, which destroys the secrets as well; and `None` is returned if no key
    is left to sign with until then.

    :raises KeyNotFound: if we have no key of one of these ids; then nothing is withdrawn.
    """
    with transaction.atomic():
        hold_lock(_LOCK)
        rows = SigningKey.objects.select_for_update(of=("self",)).filter(kid__in=kids).order_by("kid")
        found = {row.kid: row.state for row in rows}
        if set(kids) - set(found):
            raise KeyNotFound
        for kid, state in found.items():
            if state != KeyState.REVOKED:
                SigningKey.objects.filter(kid=kid).update(state=KeyState.REVOKED, retired_at=now)
                _record("openid.key_revoked", kid, actor, now, {"was": state})
        _promote(actor, now)
    with suppress(KeyStoreUnavailable):
        ensure_keys(actor=actor, now=now)
    _destroy_secrets(list(found), actor, now)
    active = SigningKey.objects.filter(state=KeyState.ACTIVE).first()
    return as_key_record(active) if active else None


def prune_keys(*, actor: Actor, now: datetime) -> int:
    """Destroy the secrets of keys retired for longer than they are shown, and of revoked ones; return how many.

    The public halves stay: an ID token of any age may come back as a hint.
    """
    before = now - max(settings.OPENID.retired_key_shown, timedelta(hours=1))
    retired = SigningKey.objects.filter(state=KeyState.RETIRED, retired_at__lt=before)
    old = retired | SigningKey.objects.filter(state=KeyState.REVOKED)
    return _destroy_secrets(list(old.order_by("kid").values_list("kid", flat=True)), actor, now)


def active_key(*, actor: Actor, now: datetime) -> StoredKey:
    """Return the key to sign with, made if there is none yet.

    :raises KeyStoreUnavailable: if there is none yet and the store does not answer.
    """
    key = find_active_key()
    if key is None:
        ensure_keys(actor=actor, now=now)
        key = find_active_key()
    if key is None:
        raise KeyStoreUnavailable  # withdrawn in this very moment, by somebody who is about to make the next
    return key


@contextmanager
def _spare_keys(count: int) -> Iterator[list[CreatedKey]]:
    """Make keys before a transaction, and destroy afterwards those that it has left.

    After any other failure than a refusal nobody knows whether it was committed: then they are left where they are.
    """
    store = get_store(present_name())
    made = tuple(store.create() for _ in range(count))
    spare = list(made)
    try:
        yield spare
    except DomainError:
        _give_up(store, made)
        raise
    _give_up(store, spare)


def _give_up(store: KeyStore, keys: Iterable[CreatedKey]) -> None:
    for key in keys:
        with suppress(KeyStoreUnavailable):  # nothing was ever signed with it
            store.destroy(kid=key.kid, handle=key.handle)


def _check_next_is_known(now: datetime) -> None:
    upcoming = SigningKey.objects.filter(state=KeyState.NEXT).first()  # none, if it is withdrawn in this very moment
    max_age = settings.OPENID.jwks_max_age
    if upcoming is None or not may_be_used(published_at=upcoming.created_at, jwks_max_age=max_age, now=now):
        raise KeyTooYoung


def _missing() -> list[KeyState]:
    states = set(SigningKey.objects.filter(state__in=_NEEDED).order_by("kid").values_list("state", flat=True))
    return [state for state in _NEEDED if state not in states]


def _fill(spare: list[CreatedKey], actor: Actor, now: datetime) -> int:
    """Put what is missing in its place: the next key in that of the active one, spare ones in the others.

    More may be missing than when the spare ones were made; then they go where they are needed first.
    """
    _promote(actor, now)
    missing = _missing()[: len(spare)]
    for state in missing:
        key = spare.pop()
        SigningKey.objects.create(
            kid=key.kid,
            public=key.public,
            private=key.handle,
            store=present_name(),
            state=state,
            created_at=now,
            activated_at=now if state is KeyState.ACTIVE else None,
        )
        _record("openid.key_made", key.kid, actor, now)
    return len(missing)


def _promote(actor: Actor, now: datetime) -> None:
    """Put the next key in the place of the active one, if that is empty; no store is needed for it."""
    if KeyState.ACTIVE not in _missing():
        return
    upcoming = SigningKey.objects.filter(state=KeyState.NEXT).values_list("kid", flat=True).first()
    if upcoming is not None:
        SigningKey.objects.filter(kid=upcoming).update(state=KeyState.ACTIVE, activated_at=now)
        _record("openid.key_rotated", upcoming, actor, now)


def _destroy_secrets(kids: list[str], actor: Actor, now: datetime) -> int:
    """Have the stores destroy what these keys sign with; a store that does not answer is asked again by the job."""
    destroyed = 0
    for row in SigningKey.objects.filter(kid__in=kids).exclude(private=b"").order_by("kid"):
        try:
            get_store(row.store).destroy(kid=row.kid, handle=bytes(row.private))
        except KeyStoreUnavailable:
            continue
        with transaction.atomic():
            if SigningKey.objects.filter(kid=row.kid).exclude(private=b"").update(private=b""):
                _record("openid.key_secret_destroyed", row.kid, actor, now)
                destroyed += 1
    return destroyed


def _record(action: str, kid: str, actor: Actor, now: datetime, details: dict[str, object] | None = None) -> None:
    audit.record(action=action, subject_kind="signing_key", subject_id=kid, actor=actor, now=now, details=details)
