"""Going on while the person is away (RFC 6749, 6; OpenID Connect Core 11 and 12), one function per requirement.

There is no rotation (FAPI 2.0 Security Profile, 5.3.2.1): a refresh token is worth nothing without the proof of the
client that it was given to, so nothing is gained by changing it, and a client whose connection breaks loses nothing.
For the same reason it is not bound to one DPoP key (RFC 9449, 5): the client may change keys; each access token that
it gets is bound to the key that it shows then. An app on people's devices has no proof, so its refresh token is bound
to the key that it was given to.
"""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from kapi.contexts.openid.errors import InvalidGrant, InvalidRequest, InvalidScope
from kapi.contexts.openid.rules.parameters import words_of
from kapi.contexts.openid.rules.tokens import TokenAsked
from kapi.contexts.openid.values.clients import Scope
from kapi.contexts.openid.values.tokens import RefreshRecord


def refresh_token_is_given(asked: TokenAsked) -> None:
    """RFC 6749, 6."""
    if "refresh_token" not in asked.parameters:
        raise InvalidRequest("refresh_token is missing")


REQUIREMENTS: tuple[Callable[[TokenAsked], None], ...] = (refresh_token_is_given,)


class Refreshing(NamedTuple):
    """A refresh token that was found, who brings it, and how things stand with the person.

    `agreed` is what of the grant the person still agrees to, on the terms of today; None if they would be asked anew.
    """

    asked: TokenAsked
    record: RefreshRecord
    agreed: tuple[Scope, ...] | None
    account_is_active: bool
    now: datetime


def token_is_this_clients(refreshing: Refreshing) -> None:
    """RFC 6749, 6: it is bound to the client that it was given to; another client learns nothing about it."""
    if refreshing.record.client_id != refreshing.asked.client.id:
        raise InvalidGrant("the refresh token is not known")


def key_is_the_one_it_was_given_to(refreshing: Refreshing) -> None:
    """RFC 9449, 5: the refresh token of a client without a proof is bound to a key."""
    expected, proof = refreshing.record.dpop_jkt, refreshing.asked.proof
    if expected and (proof is None or proof.thumbprint != expected):
        raise InvalidGrant("the refresh token is bound to another key than that of the DPoP proof")


def grant_is_alive(refreshing: Refreshing) -> None:
    """Nobody has taken it back: the person, the client, or a code that came twice."""
    if refreshing.record.revoked_at is not None:
        raise InvalidGrant("the refresh token was revoked")


def token_is_in_time(refreshing: Refreshing) -> None:
    """It lives as long as the person was told."""
    if refreshing.now >= refreshing.record.expires_at:
        raise InvalidGrant("the refresh token is over; send the person through sign-in again")


def account_is_active(refreshing: Refreshing) -> None:
    """Nothing more is said about a person whose account is closed, or was handed back and not yet taken up."""
    if not refreshing.account_is_active:
        raise InvalidGrant("the account of the person is not active")


def client_may_still_go_on(refreshing: Refreshing) -> None:
    """What the client is registered for may have become less since."""
    if Scope.OFFLINE_ACCESS not in refreshing.asked.client.scopes:
        raise InvalidGrant("this client is not registered for offline_access any more")


def person_still_agrees(refreshing: Refreshing) -> None:
    """Other purposes or laws than those that the person read make it a new question, which we cannot ask now."""
    if refreshing.agreed is None or Scope.OFFLINE_ACCESS not in refreshing.agreed:
        raise InvalidGrant("what the person agreed to has changed; send them through sign-in again")


def scopes_are_no_more(refreshing: Refreshing) -> None:
    """RFC 6749, 6: nothing that was not granted before."""
    if any(name not in list(refreshing.agreed or ()) for name in _named(refreshing)):
        raise InvalidScope("scope holds a value that was not granted with the refresh token")


REFRESH_REQUIREMENTS: tuple[Callable[[Refreshing], None], ...] = (
    token_is_this_clients,
    key_is_the_one_it_was_given_to,
    grant_is_alive,
    token_is_in_time,
    account_is_active,
    client_may_still_go_on,
    person_still_agrees,
    scopes_are_no_more,
)


def scopes_to_give(refreshing: Refreshing) -> tuple[Scope, ...]:
    """Return what the access token is for: what is named, else all that the person still agrees to."""
    return tuple(sorted({Scope(name) for name in _named(refreshing)} or set(refreshing.agreed or ())))


def _named(refreshing: Refreshing) -> tuple[str, ...]:
    return words_of(refreshing.asked.parameters.get("scope", ""))
