"""Checking the gateway's logout tokens (OpenID Connect Back-Channel Logout 1.0, section 2.6)."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet, KeySetSerialization

EVENT = "http://schemas.openid.net/event/backchannel-logout"
LEEWAY_S = 60
OLDEST_S = 5 * 60
REMEMBERED = 10_000


class LogoutTokenRefused(Exception):
    """The token proves nothing; the reason is for the log of the institution."""


@dataclass(frozen=True)
class Logout:
    """Whose sessions are to end: those of one gateway session, or all of one subject."""

    sid: str | None
    sub: str | None


class LogoutTokens:
    """Reads logout tokens of one issuer for one client, and remembers them so that each counts once."""

    def __init__(self, issuer: str, client_id: str, fetch_keys: Callable[[bool], KeySetSerialization]) -> None:
        """`fetch_keys(fresh)` returns the issuer's JWK set, asked for anew when `fresh`."""
        self._issuer = issuer
        self._client_id = client_id
        self._fetch_keys = fetch_keys
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, None] = OrderedDict()

    def read(self, token: str) -> Logout:
        """Return whose sessions end.

        :raises LogoutTokenRefused: if anything about the token is not as it must be.
        """
        decoded = self._decode(token)
        self._check_header(decoded.header)
        self._check_claims(decoded.claims)
        self._check_first_time(decoded.claims["jti"])
        return Logout(decoded.claims.get("sid"), decoded.claims.get("sub"))

    def _decode(self, token: str) -> jwt.Token:
        for fresh in (False, True):
            try:
                return jwt.decode(token, KeySet.import_key_set(self._fetch_keys(fresh)), algorithms=["ES256"])
            except InvalidKeyIdError:
                continue
            except (JoseError, ValueError) as wrong:
                raise LogoutTokenRefused("the signature does not hold") from wrong
        raise LogoutTokenRefused("the issuer has no such key")

    def _check_header(self, header: dict[str, Any]) -> None:
        # Without this an ID token, which has the same issuer and audience, could be passed off as a logout token.
        if header.get("typ") != "logout+jwt":
            raise LogoutTokenRefused("typ is not logout+jwt")

    def _check_claims(self, claims: dict[str, Any]) -> None:
        audience = claims.get("aud")
        audiences = [audience] if isinstance(audience, str) else audience
        if claims.get("iss") != self._issuer:
            raise LogoutTokenRefused("another issuer")
        if not isinstance(audiences, list) or self._client_id not in audiences:
            raise LogoutTokenRefused("another audience")
        self._check_times(claims)
        events = claims.get("events")
        if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
            raise LogoutTokenRefused("not a logout event")
        if "nonce" in claims:
            raise LogoutTokenRefused("a nonce is forbidden")
        if not isinstance(claims.get("jti"), str):
            raise LogoutTokenRefused("no jti")
        if not any(isinstance(claims.get(name), str) for name in ("sid", "sub")):
            raise LogoutTokenRefused("neither sid nor sub")

    def _check_times(self, claims: dict[str, Any]) -> None:
        now, issued, expires = time.time(), claims.get("iat"), claims.get("exp")
        if not isinstance(issued, int | float) or not isinstance(expires, int | float):
            raise LogoutTokenRefused("no times")
        if not now - OLDEST_S <= issued <= now + LEEWAY_S or expires < now - LEEWAY_S:
            raise LogoutTokenRefused("not of now")

    def _check_first_time(self, jti: str) -> None:
        with self._lock:
            if jti in self._seen:
                raise LogoutTokenRefused("used before")
            self._seen[jti] = None
            while len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
