"""Tokens that a client gets for itself (RFC 6749, 4.4): what it must be like, and what they say."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kapi.contexts.openid.errors import InvalidScope, InvalidToken, UnauthorizedClient
from kapi.contexts.openid.rules.parameters import words_of
from kapi.contexts.openid.rules.tokens import TokenAsked
from kapi.contexts.openid.values.clients import ApiScope
from kapi.contexts.openid.values.settings import OpenidSettings


def client_may_act_by_itself(asked: TokenAsked) -> None:
    """RFC 6749, 4.4: only for clients that are registered for it."""
    if not asked.client.api_scopes:
        raise UnauthorizedClient("this client is registered for no scope of the API")


def scopes_are_the_clients(asked: TokenAsked) -> None:
    """RFC 6749, 4.4.2: nothing is narrowed silently, and nothing of a citizen's is ever given without the citizen."""
    if not _named(asked) <= set(asked.client.api_scopes):
        registered = " ".join(asked.client.api_scopes)
        raise InvalidScope(f"scope may hold what this client is registered for at the API: {registered}")


REQUIREMENTS: tuple[Callable[[TokenAsked], None], ...] = (client_may_act_by_itself, scopes_are_the_clients)


def scopes_asked_for(asked: TokenAsked) -> tuple[ApiScope, ...]:
    """Return what is asked for; without `scope` all that the client is registered for (RFC 6749, 3.3)."""
    named = _named(asked)
    return tuple(sorted(scope for scope in asked.client.api_scopes if not named or scope in named))


def machine_token_claims(
    *,
    client_id: str,
    scopes: tuple[ApiScope, ...],
    token_id: str,
    settings: OpenidSettings,
    now: datetime,
) -> dict[str, object]:
    """Return what the access token says (RFC 9068, 2.2) beside who holds it; `sub` is the client itself."""
    issued_s = int(now.timestamp())
    return {
        "iss": settings.issuer,
        "sub": client_id,
        "aud": settings.api_audience,
        "exp": issued_s + int(settings.access_token_lifetime.total_seconds()),
        "iat": issued_s,
        "jti": token_id,
        "client_id": client_id,
        "scope": " ".join(scopes),
    }


@dataclass(frozen=True)
class Brought:
    """A token of ours that came to the API, and when."""

    claims: Mapping[str, Any]
    settings: OpenidSettings
    now: datetime


def it_is_for_the_api(brought: Brought) -> None:
    """RFC 9068, 4: a citizen's token is for the userinfo endpoint, and good for nothing here."""
    if brought.claims.get("aud") != brought.settings.api_audience:
        raise InvalidToken("the access token is not for the API; get one with grant_type client_credentials")


def it_is_in_time(brought: Brought) -> None:
    """RFC 9068, 4."""
    if brought.claims.get("exp", 0) <= brought.now.timestamp():
        raise InvalidToken("the access token is over")


API_REQUIREMENTS: tuple[Callable[[Brought], None], ...] = (it_is_for_the_api, it_is_in_time)


def _named(asked: TokenAsked) -> set[str]:
    return set(words_of(asked.parameters.get("scope", "")))
