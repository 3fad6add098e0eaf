"""Challenges: what an authenticator has to sign, so that nothing signed earlier or elsewhere is good here.

Nothing is stored when one is made, or everybody who opens the sign-in page would fill a table: a challenge carries its
own end and our keyed digest over what it is good for. A row is written when one is answered, and makes it good once.
"""

import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from kapi.contexts.identity.errors import PasskeyRefused
from kapi.contexts.identity.values import PasskeyFault
from kapi.foundation import keys

VALID_FOR = timedelta(minutes=5)
_FORM = re.compile(r"[A-Za-z0-9_-]{43}\.[0-9]{10,11}\.[0-9a-f]{64}")
_PURPOSE = "challenge"


class Use(StrEnum):
    """What an answer buys."""

    PROVE = "prove"
    ADD = "add"


def make_challenge(*, use: Use, browser: str, session_id: int = 0, now: datetime) -> str:
    """Make a challenge for this use, in this browser (its cookie's secret) and, if named, this session."""
    start = f"{secrets.token_urlsafe(32)}.{int((now + VALID_FOR).timestamp())}"
    return f"{start}.{keys.digest(_bound(start, use, browser, session_id), purpose=_PURPOSE)}"


def challenge_is_ours(challenge: str, *, use: Use, browser: str, session_id: int = 0, now: datetime) -> None:
    """Only what we have made for this use, browser and session, and lately, can be answered.

    :raises PasskeyRefused: if it is anything else.
    """
    if not browser or not _FORM.fullmatch(challenge):
        raise PasskeyRefused(PasskeyFault.CHALLENGE)
    start, _dot, seal = challenge.rpartition(".")
    digests = keys.digests(_bound(start, use, browser, session_id), purpose=_PURPOSE)
    is_ours = any(hmac.compare_digest(seal, digest) for digest in digests)
    if not is_ours or now >= ends_at(challenge):
        raise PasskeyRefused(PasskeyFault.CHALLENGE)


def ends_at(challenge: str) -> datetime:
    """Return when a challenge that is ours stops being good."""
    return datetime.fromtimestamp(int(challenge.split(".")[1]), tz=UTC)


def _bound(start: str, use: Use, browser: str, session_id: int) -> str:
    return f"{start}|{use}|{session_id}|{browser}"
