"""Asking as at the e-Devlet gateway: the requirements, one function each. What it gives is what the pipeline gives.

What is known of that way of asking comes from integrators' code; `docs/edevlet.md` says what, and what is ours.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from kapi.contexts.openid.errors import InvalidRequest, InvalidScope, InvalidToken, StateMissing, UnauthorizedClient
from kapi.contexts.openid.rules.authorization import (
    Asked,
    Requirement,
    client_may_still_be_an_exception,
    code_challenge_is_well_formed,
    code_challenge_method_is_s256,
    response_type_is_code,
    scopes_are_registered,
)
from kapi.contexts.openid.rules.client_authentication import KNOWN as CREDENTIALS
from kapi.contexts.openid.rules.parameters import parse_pairs
from kapi.contexts.openid.rules.tokens import TokenAsked
from kapi.contexts.openid.values.authorization import Parameters
from kapi.contexts.openid.values.clients import ClientRecord, Profile, Scope
from kapi.contexts.openid.values.edevlet import AUTHORIZE, SCOPES_OF, Kapsam
from kapi.contexts.openid.values.tokens import GrantType

KNOWN = frozenset(
    {"client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method"}
)
TOKEN_KNOWN = CREDENTIALS | {"grant_type", "code", "redirect_uri", "code_verifier"}
PERSON_KNOWN = frozenset({"accessToken", "clientId", "resourceId", "kapsam"})
_RESOURCE = "1"  # the only one that was ever seen


def names_in(text: str) -> tuple[str, ...]:
    """Return the names in a scope parted by semicolons or, as some integrators write it, by blanks."""
    return tuple(dict.fromkeys(text.replace(";", " ").split()))


def in_our_words(parameters: Parameters, registered: Collection[Scope]) -> Parameters:
    """Return the parameters of a request with its scope in the words of OpenID Connect.

    :raises InvalidScope: if it holds a name that is not offered here.
    """
    names = _offered(names_in(parameters.get("scope", "")))
    scopes = [scope for name in names for scope in _meant_by(name, registered)]
    return dict(parameters) | {"scope": " ".join([Scope.OPENID, *scopes])}


def in_their_words(scopes: Iterable[str]) -> str:
    """Return scopes of ours as they are called there."""
    given = set(scopes)
    return ";".join(name for name, scopes_of in SCOPES_OF.items() if not given.isdisjoint(scopes_of))


def state_is_given(asked: Asked) -> None:
    """RFC 6749, 10.12 (which recommends it): here nothing else ties an answer to the browser that asked."""
    if "state" not in asked.parameters:
        raise StateMissing("state is missing; a new random value is needed for each sign-in")


def client_asks_so(asked: Asked) -> None:
    """Only clients that were let in as exceptions of this kind may ask in this way."""
    check_client_asks_so(asked.client)


def check_client_asks_so(client: ClientRecord) -> None:
    """Tell the others where they may ask."""
    if client.profile is not Profile.EDEVLET:
        raise UnauthorizedClient("this client asks by OpenID Connect; see /.well-known/openid-configuration")


def number_is_asked_for(asked: Asked) -> None:
    """People are known there by their number: without it there is nobody to sign in."""
    if Scope.IDENTITY_NUMBER not in asked.parameters["scope"].split(" "):
        raise InvalidScope(f"scope must hold {Kapsam.KIMLIK_DOGRULA}")


# The scope has been put into our words before.
REQUIREMENTS: tuple[Requirement, ...] = (
    client_asks_so,
    client_may_still_be_an_exception,
    response_type_is_code,
    number_is_asked_for,
    scopes_are_registered,
    code_challenge_method_is_s256,
    code_challenge_is_well_formed,
)


def client_redeems_so(asked: TokenAsked) -> None:
    """Others redeem their codes at the token endpoint."""
    check_client_asks_so(asked.client)


def grant_type_is_a_code(asked: TokenAsked) -> None:
    """Nothing else was ever seen there."""
    if asked.parameters.get("grant_type") != GrantType.AUTHORIZATION_CODE:
        raise InvalidRequest(f"grant_type must be {GrantType.AUTHORIZATION_CODE}")


TOKEN_REQUIREMENTS: tuple[Callable[[TokenAsked], None], ...] = (client_redeems_so, grant_type_is_a_code)


@dataclass(frozen=True)
class PersonAsked:
    """Who asks about the person whom an access token stands for, and what the token says."""

    parameters: Parameters
    client: ClientRecord | None
    claims: dict[str, Any]


def token_is_given(parameters: Parameters) -> None:
    """All four parameters are always sent by the integrators that are known."""
    missing = sorted(PERSON_KNOWN - set(parameters))
    if missing:
        raise InvalidRequest(f"{missing[0]} is missing in the form")
    if parameters["resourceId"] != _RESOURCE:
        raise InvalidRequest(f"resourceId must be {_RESOURCE}")
    _offered(names_in(parameters["kapsam"]))


def token_is_this_clients(asked: PersonAsked) -> None:
    """The token was issued to the client that names itself, in this way of asking."""
    client = asked.client
    if client is None or client.profile is not Profile.EDEVLET or asked.claims.get("client_id") != client.id:
        raise InvalidToken("the access token was not issued to this client")


def token_is_good_for_it(asked: PersonAsked) -> None:
    """What is asked for was granted; what was granted is given whole, for the person finds it so in their history.

    Of a word for several scopes one is enough: the person may have left the others out.
    """
    registered = asked.client.scopes if asked.client else {}
    granted = set(str(asked.claims.get("scope", "")).split(" ")) & set(registered)
    wanted = {Kapsam.KIMLIK_DOGRULA, *_offered(names_in(asked.parameters["kapsam"]))}
    if any(granted.isdisjoint(SCOPES_OF[name]) for name in wanted):
        raise InvalidScope("kapsam holds what the access token was not granted")


PERSON_REQUIREMENTS: tuple[Callable[[PersonAsked], None], ...] = (token_is_this_clients, token_is_good_for_it)


def request_behind(link: str, *, client_id: str, issuer: str) -> str:
    """Return path and query of an authorization request in a sign-in link; it never leads away from us."""
    wrong = InvalidRequest("continue must be an address of AuthorizationController here")
    try:
        parts, ours = urlsplit(link), urlsplit(issuer)
        pairs = parse_pairs(parts.query.encode("ascii"))
    except ValueError:
        raise wrong from None
    if (parts.scheme, parts.netloc) not in {("", ""), (ours.scheme, ours.netloc)} or parts.path != AUTHORIZE:
        raise wrong
    if client_id and ("client_id", client_id) not in pairs:
        raise InvalidRequest("oauthClientId differs from the client_id in continue")
    return f"{AUTHORIZE}?{urlencode(pairs)}"


def _offered(names: Iterable[str]) -> list[Kapsam]:
    """:raises InvalidScope: if one of the names is not offered, or none is given."""
    found, offered = list(names), ", ".join(Kapsam)
    if not found:
        raise InvalidScope(f"a scope is missing; offered are {offered}")
    if any(name not in list(Kapsam) for name in found):
        raise InvalidScope(f"offered here are {offered} only")
    return [Kapsam(name) for name in found]


def _meant_by(name: Kapsam, registered: Collection[Scope]) -> tuple[Scope, ...]:
    """Return the scopes that a word stands for; all of them where the client is registered for none, to be refused."""
    return tuple(scope for scope in SCOPES_OF[name] if scope in registered) or SCOPES_OF[name]
