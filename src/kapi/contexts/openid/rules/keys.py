"""When signing keys move on."""

from datetime import datetime, timedelta

from kapi.contexts.openid.values.keys import KeyState


def may_be_used(*, published_at: datetime, jwks_max_age: timedelta, now: datetime) -> bool:
    """Tell whether every client that caches our keys as told has had the chance to see this one, twice over."""
    return now - published_at >= 2 * jwks_max_age


def rotation_is_due(*, activated_at: datetime, lifetime: timedelta, now: datetime) -> bool:
    """Tell whether the key in use has served its time."""
    return now - activated_at >= lifetime


def is_shown(*, state: KeyState, retired_at: datetime | None, shown_for: timedelta, now: datetime) -> bool:
    """Tell whether a key belongs into the published set: the present and the next one, and those lately retired."""
    return state is not KeyState.REVOKED and (retired_at is None or now - retired_at < shown_for)
