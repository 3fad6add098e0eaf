"""The requirements of an authorization request, one function each, in the order in which they are asked.

Until the redirect URI is trusted a refusal is shown as a page; afterwards it goes to the client (RFC 6749, 4.1.2.1).
"""

import re
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from kapi.contexts.openid.errors import (
    ClientSuspended,
    InvalidRequest,
    InvalidScope,
    ProtocolError,
    RedirectUriNotRegistered,
    RegistrationNotSupported,
    RequestNotSupported,
    RequestUriNotSupported,
    UnauthorizedClient,
    UnknownClient,
    UnsupportedResponseType,
)
from kapi.contexts.openid.rules.claims import check_claims, read_claims, scopes_of
from kapi.contexts.openid.rules.client_authentication import exception_is_under_way
from kapi.contexts.openid.rules.parameters import words_of
from kapi.contexts.openid.rules.redirects import is_redirect_of, with_parameters
from kapi.contexts.openid.values.authorization import (
    AuthorizationRequest,
    ClaimsAsked,
    Next,
    NextKind,
    Parameters,
    Prompt,
    Refused,
)
from kapi.contexts.openid.values.clients import ClientRecord, Profile, Scope
from kapi.contexts.openid.values.tokens import IdTokenHint
from kapi.kernel.langstring import LANGUAGES

KNOWN = frozenset(
    {
        "client_id",
        "redirect_uri",
        "response_type",
        "response_mode",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "dpop_jkt",
        "prompt",
        "max_age",
        "acr_values",
        "claims",
        "ui_locales",
        "id_token_hint",
        "request",
        "request_uri",
        "registration",
    }
)
_PROMPTS = frozenset[str](Prompt)
_NO_CLAIMS = ClaimsAsked()
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}")
_SECONDS = re.compile(r"[0-9]{1,9}")


class Asked(NamedTuple):
    """What came, from whom, when. `hint` is what its id_token_hint says: None if there is none or it is not ours."""

    parameters: Parameters
    client: ClientRecord
    now: datetime
    hint: IdTokenHint | None = None


def client_is_answered(client: ClientRecord | None) -> ClientRecord:
    """The client is known, and neither closed nor suspended."""
    if client is not None and client.suspension is not None:
        raise ClientSuspended("this client is suspended; ask the operator of the gateway why, and until when")
    if client is None or not client.is_open:
        raise UnknownClient("client_id is missing, or no client of this id is registered")
    return client


def redirect_uri_is_registered(asked: Asked) -> None:
    """OpenID Connect Core 3.1.2.1: it is required, and matches a registered one letter by letter (RFC 9700, 2.1)."""
    if not is_redirect_of(asked.parameters.get("redirect_uri", ""), asked.client):
        raise RedirectUriNotRegistered("redirect_uri is missing, or not letter by letter a registered one")


def request_object_is_absent(asked: Asked) -> None:
    """OpenID Connect Core 6.1: we say so when we do not read request objects."""
    if "request" in asked.parameters:
        raise RequestNotSupported("the parameter request is not supported")


def request_uri_is_absent(asked: Asked) -> None:
    """OpenID Connect Core 6.2: we do not fetch what a browser tells us to fetch."""
    if "request_uri" in asked.parameters:
        raise RequestUriNotSupported("request_uri must be one that the pushed authorization request endpoint gave")


def request_was_pushed(asked: Asked) -> None:
    """FAPI 2.0 Security Profile, 5.3.2.2: requests that were not pushed are refused (RFC 9126, 5)."""
    if asked.client.profile is Profile.FAPI:
        raise InvalidRequest("this client must push its request to /oidc/par and bring the request_uri that it gets")


def client_may_still_be_an_exception(asked: Asked) -> None:
    """The client follows FAPI 2.0, or its exception is under way."""
    exception_is_under_way(asked.client, asked.now)


def client_asks_at_these_addresses(asked: Asked) -> None:
    """What asks as at the e-Devlet gateway does so at addresses of its own, and gets nothing here by the way."""
    if asked.client.profile is Profile.EDEVLET:
        raise UnauthorizedClient("this client asks at the addresses below /OAuth2AuthorizationServer/")


def registration_is_absent(asked: Asked) -> None:
    """OpenID Connect Core 7.2.1: clients are registered by the gateway's operator."""
    if "registration" in asked.parameters:
        raise RegistrationNotSupported("the parameter registration is not supported")


def response_type_is_code(asked: Asked) -> None:
    """RFC 6749, 4.1.1: only the authorization code flow; no token ever travels through the browser."""
    if "response_type" not in asked.parameters:
        raise InvalidRequest("response_type is missing; code is expected")
    if asked.parameters["response_type"] != "code":
        raise UnsupportedResponseType("only the response_type code is supported")


def response_mode_is_query(asked: Asked) -> None:
    """OAuth 2.0 Multiple Response Type Encoding Practices 2.1: `query` is the code flow's own."""
    if asked.parameters.get("response_mode", "query") != "query":
        raise InvalidRequest("only the response_mode query is supported")


def scope_has_openid(asked: Asked) -> None:
    """OpenID Connect Core 3.1.2.1: without `openid` it is no OpenID Connect request."""
    if Scope.OPENID not in _words(asked, "scope"):
        raise InvalidScope("scope is missing or does not hold openid")


def scopes_are_registered(asked: Asked) -> None:
    """Nothing is narrowed silently: a client that asks for more than it may have is told so."""
    if not asked.client.scopes.keys() >= set(_words(asked, "scope")):
        raise InvalidScope("scope holds a value that is not registered for this client")


def code_challenge_is_given(asked: Asked) -> None:
    """RFC 9700, 2.1.1: PKCE for every client, but for those of the conformance suite."""
    if asked.client.profile is not Profile.CONFORMANCE and "code_challenge" not in asked.parameters:
        raise InvalidRequest("code_challenge is missing; PKCE (RFC 7636) is required")


def code_challenge_method_is_s256(asked: Asked) -> None:
    """RFC 7636, 4.3: left out it means plain, which we refuse."""
    if "code_challenge" not in asked.parameters:
        if "code_challenge_method" in asked.parameters:
            raise InvalidRequest("code_challenge_method without code_challenge")
        return
    if asked.parameters.get("code_challenge_method") != "S256":
        raise InvalidRequest("code_challenge_method must be S256")


def code_challenge_is_well_formed(asked: Asked) -> None:
    """RFC 7636, 4.2: the base64url of a SHA-256 has 43 characters."""
    if "code_challenge" in asked.parameters and not _CHALLENGE.fullmatch(asked.parameters["code_challenge"]):
        raise InvalidRequest("code_challenge is not the base64url of a SHA-256")


def dpop_jkt_is_a_thumbprint(asked: Asked) -> None:
    """RFC 9449, 10: the thumbprint (RFC 7638) of the key that alone shall redeem the code."""
    if "dpop_jkt" in asked.parameters and not _THUMBPRINT.fullmatch(asked.parameters["dpop_jkt"]):
        raise InvalidRequest("dpop_jkt is not the base64url of a SHA-256")


def nonce_is_given(asked: Asked) -> None:
    """OpenID Connect Core 15.5.2: what binds the answer to the request where there is no PKCE."""
    if asked.client.profile is Profile.CONFORMANCE and not asked.parameters.keys() & {"nonce", "code_challenge"}:
        raise InvalidRequest("nonce is missing; it is required without PKCE")


def prompt_is_known(asked: Asked) -> None:
    """OpenID Connect Core 3.1.2.1: the values that we can fulfil."""
    if not set(_words(asked, "prompt")) <= _PROMPTS:
        raise InvalidRequest("prompt may hold none, login and consent")


def prompt_none_stands_alone(asked: Asked) -> None:
    """OpenID Connect Core 3.1.2.1: `none` with another value is an error."""
    names = _words(asked, "prompt")
    if Prompt.NONE in names and len(set(names)) > 1:
        raise InvalidRequest("prompt none must stand alone")


def max_age_is_whole_seconds(asked: Asked) -> None:
    """OpenID Connect Core 3.1.2.1: elapsed time in seconds."""
    if "max_age" in asked.parameters and not _SECONDS.fullmatch(asked.parameters["max_age"]):
        raise InvalidRequest("max_age is not a number of seconds")


def id_token_hint_is_ours(asked: Asked) -> None:
    """OpenID Connect Core 3.1.2.1: an ID token that we issued to this client, of whatever age."""
    if "id_token_hint" not in asked.parameters:
        return
    if asked.hint is None or asked.hint.client_id != asked.client.id:
        raise InvalidRequest("id_token_hint is not an ID token of ours for this client")


def claims_are_well_formed(asked: Asked) -> None:
    """OpenID Connect Core 5.5: a JSON object; what of it we do not know is not understood, and no error."""
    if "claims" in asked.parameters:
        check_claims(asked.parameters["claims"])


def one_person_is_expected(asked: Asked) -> None:
    """OpenID Connect Core 3.1.2.1 and 5.5.1: id_token_hint and a `sub` in claims can only name the same."""
    if "claims" not in asked.parameters or asked.hint is None:
        return
    if read_claims(asked.parameters["claims"], asked.client).subject not in ("", asked.hint.subject):
        raise InvalidRequest("id_token_hint and claims expect different persons")


Requirement = Callable[[Asked], None]

# What is asked of every request, by whichever way it came.
CONTENT_REQUIREMENTS: tuple[Requirement, ...] = (
    client_may_still_be_an_exception,
    client_asks_at_these_addresses,
    request_object_is_absent,
    registration_is_absent,
    response_type_is_code,
    response_mode_is_query,
    scope_has_openid,
    scopes_are_registered,
    code_challenge_is_given,
    code_challenge_method_is_s256,
    code_challenge_is_well_formed,
    dpop_jkt_is_a_thumbprint,
    nonce_is_given,
    prompt_is_known,
    prompt_none_stands_alone,
    max_age_is_whole_seconds,
    id_token_hint_is_ours,
    claims_are_well_formed,
    one_person_is_expected,
)

REQUIREMENTS: tuple[Requirement, ...] = (
    request_uri_is_absent,
    request_was_pushed,
    *CONTENT_REQUIREMENTS,
)


def read_request(asked: Asked, requirements: tuple[Requirement, ...]) -> AuthorizationRequest:
    """Hold what was asked against every requirement of an endpoint and return it as a value.

    :raises ProtocolError: the refusal of the first requirement that is not fulfilled.
    """
    for requirement in requirements:
        requirement(asked)
    parameters = asked.parameters
    scopes = _scopes_of(parameters.get("scope", ""))
    claims, claimed = _NO_CLAIMS, frozenset[Scope]()
    if "claims" in parameters:
        claims = read_claims(parameters["claims"], asked.client)
        claimed = scopes_of((*claims.userinfo, *claims.id_token)).difference(scopes)
        scopes = tuple(sorted(claimed.union(scopes)))
    return AuthorizationRequest(
        client_id=asked.client.id,
        redirect_uri=parameters["redirect_uri"],
        scopes=scopes,
        state=parameters.get("state", ""),
        nonce=parameters.get("nonce", ""),
        code_challenge=parameters.get("code_challenge", ""),
        dpop_jkt=parameters.get("dpop_jkt", ""),
        prompts=frozenset(map(Prompt, _words(asked, "prompt"))),
        max_age_s=int(parameters["max_age"]) if "max_age" in asked.parameters else None,
        subject=asked.hint.subject if asked.hint else claims.subject,
        language=language_asked_for(parameters),
        acr_values=tuple(dict.fromkeys(_words(asked, "acr_values"))),
        claimed=tuple(sorted(claimed)),
        claims=claims,
    )


def language_asked_for(parameters: Parameters) -> str:
    """Return the first of `ui_locales` that we speak, or nothing (OpenID Connect Core 3.1.2.1: never an error)."""
    if "ui_locales" not in parameters:
        return ""
    for locale in parameters["ui_locales"].split(" "):
        language = locale.partition("-")[0].lower()  # protocol
        if language in LANGUAGES:
            return language
    return ""


def _words(asked: Asked, name: str) -> tuple[str, ...]:
    value = asked.parameters.get(name)
    return words_of(value) if value else ()


@lru_cache(maxsize=1024)
def _scopes_of(value: str) -> tuple[Scope, ...]:
    """Read a list of scopes once for what it says: each once, in their order."""
    return tuple(sorted(set(map(Scope, words_of(value)))))


def refuse(refusal: ProtocolError, parameters: Parameters, issuer: str) -> Next:
    """Send a refusal to the client, by the redirect URI, which can be trusted with it."""
    url = with_parameters(parameters["redirect_uri"], error_parameters(refusal, parameters, issuer))
    refused = Refused(parameters["client_id"], refusal.code, refusal.description)
    return Next(NextKind.REDIRECT, url=url, refused=refused)


def parameters_of(request: AuthorizationRequest) -> Parameters:
    """Return those parameters of a request that a refusal needs."""
    return {"client_id": request.client_id, "redirect_uri": request.redirect_uri, "state": request.state}


def error_parameters(refusal: ProtocolError, parameters: Parameters, issuer: str) -> dict[str, str]:
    """Return the error answer for the client (RFC 6749, 4.1.2.1; RFC 9207, 2)."""
    return _answer({"error": refusal.code, "error_description": refusal.description}, parameters.get("state"), issuer)


def code_parameters(code: str, request: AuthorizationRequest, issuer: str) -> dict[str, str]:
    """Return the good answer for the client (RFC 6749, 4.1.2; RFC 9207, 2)."""
    return _answer({"code": code}, request.state, issuer)


def _answer(content: dict[str, str], state: str | None, issuer: str) -> dict[str, str]:
    return content | ({"state": state} if state else {}) | {"iss": issuer}
