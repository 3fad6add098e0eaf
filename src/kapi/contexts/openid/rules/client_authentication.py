"""How a client proves itself, one function per requirement (RFC 6749, 2.3; RFC 7523, 3; OpenID Connect Core 9)."""

import base64
import binascii
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any, NamedTuple, ParamSpec, TypeVar
from urllib.parse import unquote_plus

from kapi.contexts.openid.errors import (
    ClientHasChanged,
    InvalidClient,
    InvalidRequest,
    ProtocolError,
    UnauthorizedClient,
)
from kapi.contexts.openid.rules.jwt import numeric_date
from kapi.contexts.openid.values.authorization import Parameters
from kapi.contexts.openid.values.clients import AuthMethod, ClientRecord, Profile
from kapi.contexts.openid.values.settings import OpenidSettings
from kapi.foundation.keys import token_hash

P = ParamSpec("P")
R = TypeVar("R")

KNOWN = frozenset({"client_id", "client_secret", "client_assertion", "client_assertion_type"})
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN_PATH = "/oidc/token"  # noqa: S105 - an address
_MOST_JTI_CHARACTERS = 512


@dataclass(frozen=True)
class Credentials:
    """What a client shows: who it says it is (empty: the assertion tells), and a secret or an assertion."""

    client_id: str
    secret: str = field(default="", repr=False)
    assertion: str = field(default="", repr=False)

    @property
    def method(self) -> AuthMethod:
        """How it wants to prove itself."""
        if self.assertion:
            return AuthMethod.PRIVATE_KEY_JWT
        return AuthMethod.CLIENT_SECRET if self.secret else AuthMethod.NONE


def read_credentials(parameters: Parameters, authorization: str) -> Credentials:
    """Return what the client shows: one proof, not two (RFC 6749, 2.3).

    :raises InvalidRequest: if there are two, or the parts do not belong together.
    :raises InvalidClient: if there is none that we know.
    """
    shown = [bool(authorization), "client_secret" in parameters, "client_assertion" in parameters]
    if sum(shown) > 1:
        raise InvalidRequest("more than one way of client authentication")
    if authorization:
        return _basic(authorization, parameters.get("client_id", ""))
    if "client_assertion" in parameters:
        if parameters.get("client_assertion_type") != ASSERTION_TYPE:
            raise InvalidRequest(f"client_assertion_type must be {ASSERTION_TYPE}")
        return Credentials(parameters.get("client_id", ""), assertion=parameters["client_assertion"])
    if "client_secret" in parameters:
        return Credentials(parameters.get("client_id", ""), secret=parameters["client_secret"])
    if "client_id" in parameters:
        return Credentials(parameters["client_id"])
    raise InvalidClient("client authentication is missing; private_key_jwt is expected")


def _basic(authorization: str, client_id: str) -> Credentials:
    """RFC 6749, 2.3.1: both halves are form-encoded before they are put together."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":  # protocol
        raise InvalidClient("the Authorization header is not of the scheme Basic")
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode("ascii").partition(":")
        user, password = unquote_plus(user, errors="strict"), unquote_plus(password, errors="strict")
    except (binascii.Error, ValueError):
        raise InvalidClient("the Authorization header is not well formed") from None
    if not colon:
        raise InvalidClient("the Authorization header is not well formed")
    if client_id not in ("", user):
        raise InvalidRequest("client_id differs from the Authorization header")
    return Credentials(user, secret=password)


class refused_by_name:  # noqa: N801 - read as a deed, as those of contextlib are
    """Let what is refused in the block say that this client was, which has proved who it is.

    What is on everybody's device proves nothing, and is not named.
    """

    def __init__(self, client: ClientRecord) -> None:
        self._client = client

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, refusal: BaseException | None, _trace: object) -> None:
        """Name the client in a refusal."""
        if isinstance(refusal, ProtocolError):
            refusal.client_id = "" if self._client.auth_method is AuthMethod.NONE else self._client.id


def as_registered_now(service: Callable[P, R]) -> Callable[P, R]:
    """Answer a client as it is registered now, mostly without reading it first.

    A client that was read before has to be the same still when what it has shown is used up, by the statement that does
    that: it and our signing key are known by their versions. If they are not, nothing was done, and the service begins
    again with what is written. So a suspension, a withdrawn key and everything else hold at once, as if read each time.
    """

    @wraps(service)
    def answered(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return service(*args, **kwargs)
        except ClientHasChanged:
            return service(*args, **kwargs)

    return answered


def client_is_open(client: ClientRecord | None) -> ClientRecord:
    """The client is known and not closed."""
    if client is not None and client.suspension is not None:
        raise InvalidClient("this client is suspended; ask the operator of the gateway why, and until when")
    if client is None or not client.is_open:
        raise InvalidClient("no client of this id is registered")
    return client


def exception_is_under_way(client: ClientRecord, now: datetime) -> None:
    """An exception from FAPI 2.0 ends on its day."""
    if client.exception_ends_at is not None and client.exception_ends_at <= now:
        day = client.exception_ends_at.date().isoformat()
        raise UnauthorizedClient(f"the exception from FAPI 2.0 ended on {day}; move this client to the profile fapi")


def method_is_the_registered_one(client: ClientRecord, credentials: Credentials) -> None:
    """A client proves itself in the way it was registered for, and in no other."""
    if credentials.method is AuthMethod.NONE and client.auth_method is not AuthMethod.NONE:
        raise InvalidClient(f"client authentication is missing; this client is registered for {client.auth_method}")
    if client.auth_method is not credentials.method:
        raise InvalidClient(f"this client is registered for {client.auth_method}")


def certificate_is_the_registered_one(client: ClientRecord, certified: frozenset[str]) -> None:
    """RFC 8705, 2.1: the connection was made with a certificate that names the client, and that was checked."""
    if not certified:
        raise InvalidClient("no certificate that was checked came with this connection; use the mtls_endpoint_aliases")
    if client.tls_subject not in certified:
        raise InvalidClient("the certificate of this connection does not name this client")


def secret_matches(client: ClientRecord, credentials: Credentials, now: datetime) -> None:
    """The secret is the one we gave, and its day has not come."""
    if not hmac.compare_digest(client.secret_hash, token_hash(credentials.secret)):
        raise InvalidClient("the client secret is wrong")
    if client.secret_ends_at is None or client.secret_ends_at <= now:
        raise InvalidClient("the client secret has ended; register keys for private_key_jwt")


def client_can_prove_itself(client: ClientRecord) -> None:
    """RFC 7662, 2.1: who asks about tokens proves who it is; what anybody could say is told to nobody."""
    if client.auth_method is AuthMethod.NONE:
        raise InvalidClient("a client that cannot prove itself cannot ask about tokens")


class Asserted(NamedTuple):
    """A client assertion whose signature has been checked."""

    claims: Mapping[str, Any]
    client: ClientRecord
    settings: OpenidSettings
    now_s: float

    @property
    def leeway_s(self) -> float:
        """How far the client's clock may differ from ours."""
        return self.settings.clock_leeway.total_seconds()


def issuer_is_the_client(asserted: Asserted) -> None:
    """RFC 7523, 3 (1): `iss` is the client_id."""
    if asserted.claims.get("iss") != asserted.client.id:
        raise InvalidClient("iss of the client assertion must be the client_id")


def subject_is_the_client(asserted: Asserted) -> None:
    """RFC 7523, 3 (2): `sub` is the client_id."""
    if asserted.claims.get("sub") != asserted.client.id:
        raise InvalidClient("sub of the client assertion must be the client_id")


def audience_is_us(asserted: Asserted) -> None:
    """RFC 7523, 3 (3): our issuer and nobody else besides; as one string in FAPI 2.0 (5.3.2.1).

    Outside of it our token endpoint is good too, as OpenID Connect Core 9 asks.
    """
    audience, issuer = asserted.claims.get("aud"), asserted.settings.issuer
    if audience == issuer:
        return
    if asserted.client.profile is Profile.FAPI:
        raise InvalidClient(f"aud of the client assertion must be {issuer}, as one string")
    named = audience if isinstance(audience, list) else [audience]
    if not named or any(name not in (issuer, asserted.settings.endpoint(TOKEN_PATH)) for name in named):
        raise InvalidClient(f"aud of the client assertion must be {issuer}")


def expiry_is_near(asserted: Asserted) -> None:
    """RFC 7523, 3 (4): `exp` is there, ahead, and not unreasonably far."""
    expires_s = numeric_date(asserted.claims, "exp")
    if expires_s is None or expires_s <= asserted.now_s - asserted.leeway_s:
        raise InvalidClient("the client assertion has no exp, or it is over")
    if expires_s > asserted.now_s + asserted.settings.assertion_lifetime.total_seconds() + asserted.leeway_s:
        raise InvalidClient("exp of the client assertion is too far ahead")


def it_is_good_already(asserted: Asserted) -> None:
    """RFC 7523, 3 (5): not used before `nbf`."""
    if "nbf" in asserted.claims and _is_ahead(asserted, "nbf"):
        raise InvalidClient("nbf of the client assertion is in the future")


def it_was_made_already(asserted: Asserted) -> None:
    """RFC 7523, 3 (6): `iat` is not in the future."""
    if "iat" in asserted.claims and _is_ahead(asserted, "iat"):
        raise InvalidClient("iat of the client assertion is in the future")


def jti_is_given(asserted: Asserted) -> None:
    """OpenID Connect Core 9: `jti` is required, and used once."""
    jti = asserted.claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= _MOST_JTI_CHARACTERS:
        raise InvalidClient("jti of the client assertion is missing")


ASSERTION_REQUIREMENTS: tuple[Callable[[Asserted], None], ...] = (
    issuer_is_the_client,
    subject_is_the_client,
    audience_is_us,
    expiry_is_near,
    it_is_good_already,
    it_was_made_already,
    jti_is_given,
)


def _is_ahead(asserted: Asserted, claim: str) -> bool:
    at_s = numeric_date(asserted.claims, claim)
    return at_s is None or at_s > asserted.now_s + asserted.leeway_s
