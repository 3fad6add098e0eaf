"""Counters in Redis or Valkey, for machines that share them. Each change is one script, which the server runs alone.

A key holds the count and the end of its window in microseconds. The caller's clock decides, as it does in the
database; the server's own expiry only sweeps up.
"""

import time
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from kapi.foundation.limits.values import CountersAway, Tally

try:
    import redis
except ImportError:  # the extra `redis` is not installed
    redis = None  # type: ignore[assignment]

_PREFIX = "kapi:limit:"
_TIMEOUT_S = 2.0
_REST_S = 5.0  # how long a server that did not answer is left alone
_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_COUNT = """
local ends_at = tonumber(redis.call('HGET', KEYS[1], 'ends_at') or '0')
if ends_at <= tonumber(ARGV[1]) then
  redis.call('HSET', KEYS[1], 'count', 1, 'ends_at', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return {1, ARGV[2]}
end
return {redis.call('HINCRBY', KEYS[1], 'count', 1), redis.call('HGET', KEYS[1], 'ends_at')}
"""
_PEEK = """
local ends_at = tonumber(redis.call('HGET', KEYS[1], 'ends_at') or '0')
if ends_at <= tonumber(ARGV[1]) then return {} end
return {redis.call('HGET', KEYS[1], 'count'), redis.call('HGET', KEYS[1], 'ends_at')}
"""
_GIVE_BACK = """
local ends_at = tonumber(redis.call('HGET', KEYS[1], 'ends_at') or '0')
if ends_at > tonumber(ARGV[1]) and tonumber(redis.call('HGET', KEYS[1], 'count')) > 0 then
  redis.call('HINCRBY', KEYS[1], 'count', -1)
end
return 0
"""
_RESET = "return redis.call('DEL', KEYS[1])"


class RedisCounters:
    """The store behind one URL. After a silence it reports itself away for some seconds without asking again."""

    def __init__(self, url: str) -> None:
        if redis is None:
            raise RuntimeError("KAPI_REDIS_URL is set, but the Redis client is missing: install `kapi[redis]`.")
        self._client = redis.Redis.from_url(url, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S)
        self._resting_until = 0.0

    def count(self, key: str, window: timedelta, now: datetime) -> Tally:
        """Count once and return the tally after it."""
        keep_ms = max(1, window // timedelta(milliseconds=1))
        return _tally(self._run(_COUNT, key, _micros(now), _micros(now + window), keep_ms))

    def peek(self, key: str, now: datetime) -> Tally | None:
        """Return the tally of the running window."""
        found = self._run(_PEEK, key, _micros(now))
        return _tally(found) if found else None

    def give_back(self, key: str, now: datetime) -> None:
        """Take one count back."""
        self._run(_GIVE_BACK, key, _micros(now))

    def reset(self, key: str) -> None:
        """Forget the key."""
        self._run(_RESET, key)

    def _run(self, script: str, key: str, *arguments: int) -> Any:
        if time.monotonic() < self._resting_until:
            raise CountersAway
        try:
            return self._client.eval(script, 1, _PREFIX + key, *arguments)
        except (redis.ConnectionError, redis.TimeoutError) as away:
            self._resting_until = time.monotonic() + _REST_S
            raise CountersAway from away


@cache
def redis_counters(url: str) -> RedisCounters:
    """Return the store behind `url`, one per process."""
    return RedisCounters(url)


def _tally(found: list[Any]) -> Tally:
    counted, ends_at = found
    return Tally(int(counted), _EPOCH + int(ends_at) * _MICROSECOND)


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
