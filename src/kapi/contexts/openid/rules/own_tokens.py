"""A client asks about a token of its own (RFC 7662, RFC 9701), or gives it back (RFC 7009)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from kapi.contexts.openid.errors import InvalidRequest
from kapi.contexts.openid.rules.client_authentication import KNOWN as CREDENTIALS
from kapi.contexts.openid.rules.jwt import numeric_date
from kapi.contexts.openid.values.authorization import Parameters
from kapi.contexts.openid.values.settings import OpenidSettings
from kapi.contexts.openid.values.tokens import RefreshRecord

KNOWN = CREDENTIALS | {"token", "token_type_hint"}
# What introspection tells: the token's own words, never anything about the person beyond the pairwise subject.
_TOLD = frozenset(
    {"iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope", "acr", "auth_time", "cnf", "act", "mandate"}
)


def token_is_given(parameters: Parameters) -> None:
    """RFC 7009, 2.1 and RFC 7662, 2.1. The hint beside it is not needed: our tokens say themselves what they are."""
    if "token" not in parameters:
        raise InvalidRequest("token is missing")


REQUIREMENTS: tuple[Callable[[Parameters], None], ...] = (token_is_given,)


def is_in_time(claims: Mapping[str, Any], now: datetime) -> bool:
    """Tell whether a token is not over by what it says."""
    expires_s = numeric_date(claims, "exp")
    return expires_s is not None and expires_s > now.timestamp()


def introspection(claims: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told about a good token (RFC 7662, 2.2)."""
    told = claims if claims.keys() <= _TOLD else {name: claims[name] for name in claims if name in _TOLD}
    return {"active": True, "token_type": "DPoP" if "jkt" in claims.get("cnf", {}) else "Bearer", **told}


def refresh_introspection(refresh: RefreshRecord, issuer: str) -> dict[str, Any]:
    """Return what is told about a good refresh token (RFC 7662, 2.2)."""
    return {
        "active": True,
        "iss": issuer,
        "sub": refresh.subject,
        "client_id": refresh.client_id,
        "scope": " ".join(refresh.scopes),
        "iat": int(refresh.issued_at.timestamp()),
        "exp": int(refresh.expires_at.timestamp()),
    }


def introspection_claims(
    told: Mapping[str, Any], *, client_id: str, settings: OpenidSettings, now: datetime
) -> dict[str, object]:
    """Return what the signed answer says (RFC 9701, 5): who tells what to whom, and when.

    Without `sub` and `exp`, and under a type of its own, it can stand for no token.
    """
    return {
        "iss": settings.issuer,
        "aud": client_id,
        "iat": int(now.timestamp()),
        "token_introspection": dict(told),
    }
