"""Watching over the whole gateway whether lists of stolen passwords are tried, and what is asked of strangers then.

While they are, a right password opens nothing by itself on a device and in a network that are both new to the account:
it takes a second step besides, which no list holds, or a passkey. Nobody is given a puzzle. The counters know numbers
by keyed digests, and nothing of accounts: every number costs the same statements.
"""

import logging
from datetime import datetime, timedelta

from kapi.contexts.identity.rules import pressure
from kapi.foundation.limits.services import count, peek, reset
from kapi.kernel.actors import Actor
from kapi.kernel.identifiers import IdentityNumber

_log = logging.getLogger(__name__)
_FAILED, _ENTERED = "pressure:failed", "pressure:entered"
_NO_LIMIT = 2**31 - 1


def note_failed(*, number: IdentityNumber, actor: Actor, now: datetime) -> None:
    """Count a try in vain on an unknown device, and raise the alarm, or let it last, if they are too many.

    Call it outside a transaction.
    """
    if not _is_first(_FAILED, number, now):
        return
    for watch in pressure.WATCHES:
        failed = count(key=f"{_FAILED}:{watch.window}", limit=_NO_LIMIT, window=watch.window, now=now).count
        entered = peek(key=f"{_ENTERED}:{watch.window}", limit=_NO_LIMIT, now=now).count
        if pressure.is_a_list(failed=failed, entered=entered, watch=watch):
            _raise_alarm(now)


def note_entered(*, number: IdentityNumber, actor: Actor, now: datetime) -> None:
    """Count somebody who came in with their password on an unknown device. Call it outside a transaction."""
    if _is_first(_ENTERED, number, now):
        for watch in pressure.WATCHES:
            count(key=f"{_ENTERED}:{watch.window}", limit=_NO_LIMIT, window=watch.window, now=now)


def _is_first(what: str, number: IdentityNumber, now: datetime) -> bool:
    key, window = f"{what}:number:{number.digits}", pressure.NUMBER_COUNTS_ONCE_IN
    return count(key=key, limit=1, window=window, now=now).allowed


def _raise_alarm(now: datetime) -> None:
    standing = peek(key=pressure.ALARM, limit=1, now=now)
    if standing.retry_after >= pressure.PROLONGED_BELOW:
        return
    _log.warning("lists of passwords are being tried: where device and network are new, one alone opens nothing")
    if standing.allowed:
        _begin(pressure.BEGAN, pressure.BEGAN_IS_KEPT_FOR, now)
    _begin(pressure.ALARM, pressure.LASTS, now)


def _begin(key: str, window: timedelta, now: datetime) -> None:
    reset(key=key)
    count(key=key, limit=1, window=window, now=now)
