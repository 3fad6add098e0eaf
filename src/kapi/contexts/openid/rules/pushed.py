"""Pushed authorization requests (RFC 9126): the requirements of a push, and of the reference that it gives."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from kapi.contexts.openid.errors import InvalidDpopProof, InvalidRequest, InvalidRequestUri
from kapi.contexts.openid.rules.authorization import CONTENT_REQUIREMENTS, Asked, Requirement
from kapi.contexts.openid.rules.authorization import KNOWN as AUTHORIZATION
from kapi.contexts.openid.rules.client_authentication import KNOWN as CREDENTIALS
from kapi.contexts.openid.rules.redirects import is_redirect_of
from kapi.contexts.openid.values.authorization import AuthorizationRequest, Parameters, PushedRecord
from kapi.contexts.openid.values.clients import ClientRecord
from kapi.contexts.openid.values.dpop import Proof

KNOWN = AUTHORIZATION | CREDENTIALS
PREFIX = "urn:ietf:params:oauth:request_uri:"
_REFERENCE = re.compile(re.escape(PREFIX) + r"([A-Za-z0-9_-]{43})")
_UNKNOWN = "request_uri is not known; push the request anew"


def request_uri_is_not_pushed(asked: Asked) -> None:
    """RFC 9126, 2.1: a push gives a request_uri and takes none."""
    if "request_uri" in asked.parameters:
        raise InvalidRequest("request_uri must not be pushed; push the parameters of the request themselves")


def client_id_is_given(asked: Asked) -> None:
    """RFC 9126, 2.1: required as in any authorization request, though the assertion names the client as well."""
    if "client_id" not in asked.parameters:
        raise InvalidRequest("client_id is missing")


def redirect_uri_is_the_clients(asked: Asked) -> None:
    """RFC 9126, 2.3: as at the authorization endpoint, but the client is told, since it has proved who it is."""
    if "redirect_uri" not in asked.parameters:
        raise InvalidRequest("redirect_uri is missing")
    if not is_redirect_of(asked.parameters["redirect_uri"], asked.client):
        raise InvalidRequest("redirect_uri is not, letter by letter, a registered one of this client")


PUSH_REQUIREMENTS: tuple[Requirement, ...] = (
    request_uri_is_not_pushed,
    client_id_is_given,
    redirect_uri_is_the_clients,
    *CONTENT_REQUIREMENTS,
)


def key_is_the_one_named(request: AuthorizationRequest, proof: Proof) -> None:
    """RFC 9449, 10.1: a DPoP proof binds the code to its key; `dpop_jkt` beside it can only name the same."""
    if request.dpop_jkt not in ("", proof.thumbprint):
        raise InvalidDpopProof("dpop_jkt names another key than that of the DPoP proof")


def is_reference(parameters: Parameters) -> bool:
    """Tell whether a request at the authorization endpoint stands for a pushed one (RFC 9126, 4).

    Then nothing but `client_id` and `request_uri` is read of it: what else stands there was pushed by nobody.
    """
    return parameters.get("request_uri", "").startswith(PREFIX)


def reference_stands_alone(parameters: Parameters) -> None:
    """OpenID Connect Core 6.1 and 6.2: where `request_uri` is used, `request` must not be."""
    if "request" in parameters:
        raise InvalidRequest("request must not come beside request_uri")


def secret_of(request_uri: str) -> str:
    """Return the random part of a reference of ours, or nothing if it is not formed like one."""
    found = _REFERENCE.fullmatch(request_uri)
    return found.group(1) if found else ""


def reference_is_known(pushed: PushedRecord | None) -> PushedRecord:
    """RFC 9126, 2.2: we gave it, and have not forgotten it."""
    if pushed is None:
        raise InvalidRequestUri(_UNKNOWN)
    return pushed


@dataclass(frozen=True)
class Use:
    """A reference that came to the authorization endpoint: what it stands for, and which client brings it."""

    pushed: PushedRecord
    client: ClientRecord
    now: datetime


def reference_is_this_clients(use: Use) -> None:
    """RFC 9126, 2.2: it is bound to the client that pushed; another client learns nothing about it."""
    if use.pushed.request.client_id != use.client.id:
        raise InvalidRequestUri(_UNKNOWN)


def reference_is_in_time(use: Use) -> None:
    """RFC 9126, 2.2: it lives shortly; a browser needs a moment to arrive."""
    if use.now >= use.pushed.expires_at:
        raise InvalidRequestUri("request_uri is over; push the request anew")


def reference_is_unused(use: Use) -> None:
    """RFC 9126, 4: one answer for one push; until then a citizen may load the page again (FAPI 2.0, 5.3.2.2)."""
    if use.pushed.is_used:
        raise InvalidRequestUri("request_uri was answered already; push the request anew")


def client_may_still_ask_so(use: Use) -> None:
    """What the client is registered for may have become less since the push."""
    request = use.pushed.request
    if not is_redirect_of(request.redirect_uri, use.client) or not set(request.scopes) <= set(use.client.scopes):
        raise InvalidRequestUri("the client is not registered any more for what it pushed; push the request anew")


USE_REQUIREMENTS: tuple[Callable[[Use], None], ...] = (
    reference_is_this_clients,
    reference_is_in_time,
    reference_is_unused,
    client_may_still_ask_so,
)
