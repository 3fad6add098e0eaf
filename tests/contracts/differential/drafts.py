"""Good requests, before they are spoilt: everything of them can be changed until they are sent."""

import base64
import hashlib
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from joserfc import jws
from joserfc.jwk import Key

from tests.contexts.openid.openid_in_tests import CHALLENGE, POST_LOGOUT_URI, REDIRECT_URI, VERIFIER, Lax

FORM = "application/x-www-form-urlencoded"
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Endpoint(StrEnum):
    """What a request is for. A push that is accepted goes on to `authorize`, so both answers are seen."""

    PAR = "par"
    AUTHORIZE = "authorize"
    TOKEN = "token"
    REFRESH = "refresh"
    USERINFO = "userinfo"
    LOGOUT = "logout"

    @property
    def path(self) -> str:
        """Where it goes."""
        return {"refresh": "/oidc/token", "logout": "/oidc/end-session"}.get(self, f"/oidc/{self}")


@dataclass
class Jwt:
    """A JWT that is not signed yet."""

    header: dict[str, Any]
    claims: Any
    key: Key
    signature: str | None = None  # stands instead of the right one
    text: str | None = None  # stands instead of all of it

    def signed(self) -> str:
        """Return it as it is sent."""
        if self.text is not None:
            return self.text
        payload = self.claims if isinstance(self.claims, bytes) else json.dumps(self.claims).encode()
        if self.signature is None:
            return jws.serialize_compact(self.header, payload, self.key, registry=Lax())
        parts = (json.dumps(self.header).encode(), payload)
        return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), self.signature])


@dataclass(frozen=True)
class Party:
    """A client: its name at both servers, the key of its assertions and that of its proofs."""

    id: str
    key: Key
    holder: Key


@dataclass(frozen=True)
class Held:
    """What the server has given us to go on with, for one request."""

    request_uri: str = ""
    code: str = ""
    refresh_token: str = ""
    access_token: str = ""
    id_token: str = ""


@dataclass
class Draft:
    """A request to one endpoint of one server. `parameters` and `headers` may hold a name twice."""

    endpoint: Endpoint
    issuer: str
    party: Party
    other: Party
    held: Held
    method: str
    parameters: list[tuple[str, str]]
    headers: list[tuple[str, str]] = field(default_factory=list)
    assertion: Jwt | None = None
    proof: Jwt | None = None
    path: str = ""
    body: bytes | None = None  # stands instead of the parameters
    query: str = ""  # comes beside them
    sends: int = 1  # how many times it goes out, as it is; the last answer counts
    anew: bool = False  # then each time with a fresh assertion and a fresh proof
    has_session: bool = True  # whether the person's browser brings its session

    def put(self, **changes: str | None) -> None:
        """Give parameters other values; None takes one out."""
        for name, value in changes.items():
            self.parameters = [pair for pair in self.parameters if pair[0] != name]
            if value is not None:
                self.parameters.append((name, value))

    def value(self, name: str) -> str:
        """Return the value of a parameter; an assertion is signed for it."""
        if name == "client_assertion" and self.assertion is not None:
            return self.assertion.signed()
        return dict(self.parameters).get(name, "")

    def encoded(self) -> bytes:
        """Return the parameters as they travel."""
        pairs = list(self.parameters)
        if self.assertion is not None:
            pairs.append(("client_assertion", self.assertion.signed()))
        return urlencode(pairs).encode()


def draft(endpoint: Endpoint, *, issuer: str, nonce: str, party: Party, other: Party, held: Held) -> Draft:
    """Return a good request."""
    made = Draft(endpoint, issuer, party, other, held, "POST", [], path=endpoint.path)
    if endpoint in (Endpoint.PAR, Endpoint.TOKEN, Endpoint.REFRESH):
        made.headers.append(("Content-Type", FORM))
        made.parameters = [("client_id", party.id), ("client_assertion_type", _ASSERTION_TYPE)]
        made.assertion = _assertion(issuer, party)
        made.proof = _proof(made, nonce, party)
    if endpoint is Endpoint.PAR:
        made.put(
            redirect_uri=REDIRECT_URI, response_type="code", scope="openid profile", state="s1", nonce="n1",
            code_challenge=CHALLENGE, code_challenge_method="S256",
        )  # fmt: skip
    elif endpoint is Endpoint.AUTHORIZE:
        made.method = "GET"
        made.put(client_id=party.id, request_uri=held.request_uri)
    elif endpoint is Endpoint.TOKEN:
        made.put(
            grant_type="authorization_code", code=held.code, redirect_uri=REDIRECT_URI, code_verifier=VERIFIER
        )  # fmt: skip
    elif endpoint is Endpoint.REFRESH:
        made.put(grant_type="refresh_token", refresh_token=held.refresh_token)
    elif endpoint is Endpoint.USERINFO:
        made.method = "GET"
        made.headers.append(("Authorization", f"DPoP {held.access_token}"))
        made.proof = _proof(made, nonce, party)
        made.proof.claims["ath"] = hash_of(held.access_token)
    else:
        made.method, made.has_session = "GET", False
        made.put(id_token_hint=held.id_token, post_logout_redirect_uri=POST_LOGOUT_URI, state="s1")
    return made


def hash_of(token: str) -> str:
    """Return what a proof says of the token that it comes with (RFC 9449, 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()


def renewed(made: Draft) -> None:
    """Give an assertion and a proof that are sent again a `jti` of their own."""
    for token in (made.assertion, made.proof):
        if token is not None:
            token.claims["jti"] = uuid.uuid4().hex


def _assertion(issuer: str, party: Party) -> Jwt:
    now = int(time.time())
    claims = {"iss": party.id, "sub": party.id, "aud": issuer, "iat": now, "exp": now + 60, "jti": uuid.uuid4().hex}
    return Jwt({"alg": "ES256", "kid": party.key.kid}, claims, party.key)


def _proof(made: Draft, nonce: str, party: Party) -> Jwt:
    claims = {
        "jti": uuid.uuid4().hex,
        "htm": made.method,
        "htu": made.issuer + made.path,
        "iat": int(time.time()),
        "nonce": nonce,
    }
    header: Mapping[str, Any] = {"typ": "dpop+jwt", "alg": "ES256", "jwk": party.holder.as_dict(private=False)}
    return Jwt(dict(header), claims, party.holder)
