"""When a client's published keys are asked for, and how long an answer serves."""

from dataclasses import dataclass
from datetime import datetime

from kapi.contexts.openid.values.settings import OpenidSettings


@dataclass(frozen=True)
class KeyCache:
    """What we hold of a client's keys: their ids, when we got them, when we last tried."""

    kids: frozenset[str]
    fetched_at: datetime | None
    tried_at: datetime | None


def must_fetch(cache: KeyCache, *, kid: str | None, limits: OpenidSettings, now: datetime) -> bool:
    """Tell whether the answer is old, or lacks the key asked for (the client may just have changed its keys)."""
    if cache.fetched_at is None or now - cache.fetched_at >= limits.client_keys_fresh:
        return True
    return kid is not None and kid not in cache.kids


def may_try(cache: KeyCache, *, limits: OpenidSettings, now: datetime) -> bool:
    """Tell whether the pause since the last try is over: a client's server is not ours to hammer."""
    return cache.tried_at is None or now - cache.tried_at >= limits.client_keys_pause


def still_serves(cache: KeyCache, *, limits: OpenidSettings, now: datetime) -> bool:
    """Tell whether the last answer may stand in for one that does not come."""
    return cache.fetched_at is not None and now - cache.fetched_at < limits.client_keys_stale
