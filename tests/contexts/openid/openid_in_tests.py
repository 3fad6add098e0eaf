"""Clients, keys and assertions that tests of OpenID Connect share."""

import base64
import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws, jwt
from joserfc.jwa import JWSAlgModel
from joserfc.jwk import ECKey, Key
from joserfc.jws import JWSRegistry

from kapi.contexts.identity.models import Session
from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.selectors.discovery import fresh_proof_nonce
from kapi.contexts.openid.services.authorization import receive_arrival, start_authorization
from kapi.contexts.openid.services.clients import register_client
from kapi.contexts.openid.services.decisions import decide
from kapi.contexts.openid.services.pushed import push_request
from kapi.contexts.openid.services.sharing import share_attributes
from kapi.contexts.openid.services.token_endpoint import answer_token_request
from kapi.contexts.openid.values.authorization import Decision, Next, NextKind, PushedReference
from kapi.contexts.openid.values.clients import Profile, RegisteredClient, Scope, ScopeUse
from kapi.contexts.openid.values.dpop import ShownProof
from kapi.contexts.openid.values.tokens import IssuedTokens, TokenRequest
from kapi.foundation.keys import token_hash
from kapi.kernel.actors import NOBODY, Actor, system
from kapi.kernel.langstring import LangString

ACTOR = system("test")
REDIRECT_URI = "https://rp.example/geri"
POST_LOGOUT_URI = "https://rp.example/cikis"
BACKCHANNEL_URI = "https://rp.example/arka-kanal"
NAME = LangString("Örnek Belediyesi", "Example Municipality")
SCOPES = (
    ScopeUse(Scope.OPENID),
    ScopeUse(Scope.PROFILE, LangString("Başvurunuzu kaydetmek", "To record your application")),
    ScopeUse(Scope.IDENTITY_NUMBER, LangString("Kaydınızı bulmak"), LangString("5393 sayılı Kanun m. 15")),
)

EMAIL_BY_CONSENT = ScopeUse(Scope.EMAIL, LangString("Sonucu yazmak", "To write to you about the result"))
PHONE_BY_LAW = ScopeUse(Scope.PHONE, LangString("Sizi aramak", "To call you"), LangString("5393 sayılı Kanun m. 15"))


def new_key(kid: str = "a") -> ECKey:
    """Make a key pair of a client."""
    return ECKey.generate_key("P-256", {"kid": kid})


@dataclass(frozen=True)
class Signing:
    """A key that signs as ours do, whosever it is."""

    key: ECKey

    @property
    def kid(self) -> str:
        """Return its name."""
        return str(self.key.kid)

    def sign(self, message: bytes) -> bytes:
        """Return R and S."""
        r, s = decode_dss_signature(self.key.get_op_key("sign").sign(message, ec.ECDSA(SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)


def key_set(*keys: Key) -> dict[str, Any]:
    """Return the public halves."""
    return {"keys": [key.as_dict(private=False) for key in keys]}


def add_client(
    *,
    now: datetime,
    keys: Sequence[Key] | None = None,
    redirect_uris: Sequence[str] = (REDIRECT_URI,),
    scopes: Sequence[ScopeUse] = SCOPES,
    profile: Profile = Profile.BASELINE,
    client_id: str = "",
    jwks_uri: str = "",
    backchannel_logout_uri: str = BACKCHANNEL_URI,
    **more: Any,
) -> RegisteredClient:
    """Register a client that proves itself by `keys`, by an address of keys, or else by a secret."""
    return register_client(
        name=NAME,
        redirect_uris=redirect_uris,
        scopes=scopes,
        client_id=client_id,
        profile=profile,
        jwks=key_set(*keys) if keys else None,
        jwks_uri=jwks_uri,
        secret_until=None if keys or jwks_uri else now + timedelta(days=30),
        post_logout_redirect_uris=(POST_LOGOUT_URI,),
        backchannel_logout_uri=backchannel_logout_uri,
        actor=ACTOR,
        now=now,
        **more,
    )


def assertion(
    client_id: str,
    key: Key,
    *,
    now: datetime,
    alg: str = "ES256",
    header: Mapping[str, Any] | None = None,
    **claims: Any,
) -> str:
    """Sign a client assertion; a claim given as None is left out."""
    stated = {
        "iss": client_id,
        "sub": client_id,
        "aud": "http://localhost:8000",
        "exp": int(now.timestamp()) + 60,
        "iat": int(now.timestamp()),
        "jti": uuid.uuid4().hex,
        **claims,
    }
    kept = {name: value for name, value in stated.items() if value is not None}
    return jwt.encode({"alg": alg, "kid": key.kid, **(header or {})}, kept, key, algorithms=[alg])


ISSUER = "http://localhost:8000"
BROWSER = "the-browser-of-this-person"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # the example of RFC 7636, appendix B
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def authorization_request(client_id: str, /, **changes: str | None) -> bytes:
    """Return the query of a good authorization request; a parameter given as None is left out."""
    parameters = {
        "client_id": client_id,
        "redirect_uri": REDIRECT_URI,
        "response_type": "code",
        "scope": "openid profile",
        "state": "s1",
        "nonce": "n1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return urlencode({name: value for name, value in parameters.items() if value is not None}).encode()


def start(*, encoded: bytes, browser: str, session: SignedIn | None, actor: Actor, now: datetime) -> Next:
    """Bring a request, by the person's browser or by nobody's."""
    arrival = receive_arrival(encoded=encoded, session_token="", address="", actor=actor, now=now)
    return start_authorization(arrival=arrival, browser=browser, session=session, actor=actor, now=now)


def token_of(session: SignedIn) -> str:
    """Give a session a token that is known, and return it."""
    token = f"of {session.session_id}"
    Session.objects.filter(pk=session.session_id).update(token_hash=token_hash(token))
    return token


def ask(client_id: str, session: SignedIn | None, *, now: datetime, **changes: str | None) -> Next:
    """Send an authorization request from the person's browser."""
    return start(
        encoded=authorization_request(client_id, **changes),
        browser=BROWSER,
        session=session,
        actor=session.actor if session else NOBODY,
        now=now,
    )


class Lax(JWSRegistry):
    """Signs whatever a test wants to have refused."""

    max_header_length = 8192

    def get_alg(self, name: str) -> JWSAlgModel:
        return self.algorithms[name]

    def check_header(self, header: dict[str, Any]) -> None:
        """Let it pass."""


def make_proof(
    key: Key,
    path: str,
    /,
    *,
    now: datetime,
    alg: str = "ES256",
    header: Mapping[str, Any] | None = None,
    access_token: str | None = None,
    **claims: Any,
) -> ShownProof:
    """Sign a good DPoP proof for an endpoint of ours; a header member or a claim given as None is left out."""
    method = "GET" if path == "/oidc/userinfo" or path.startswith("/api/") else "POST"
    digest = hashlib.sha256((access_token or "").encode()).digest()
    stated = {
        "jti": uuid.uuid4().hex,
        "htm": method,
        "htu": ISSUER + path,
        "iat": int(now.timestamp()),
        "nonce": fresh_proof_nonce(now=now),
        "ath": base64.urlsafe_b64encode(digest).rstrip(b"=").decode() if access_token else None,
        **claims,
    }
    about = {"typ": "dpop+jwt", "alg": alg, "jwk": key.as_dict(private=False), **(header or {})}
    signed = jws.serialize_compact(
        {name: value for name, value in about.items() if value is not None},
        json.dumps({name: value for name, value in stated.items() if value is not None}).encode(),
        key,
        registry=Lax(),
    )
    return ShownProof(signed, method, ISSUER + path)


def push(
    client_id: str,
    key: Key,
    /,
    *,
    now: datetime,
    jti: str | None = None,
    proof: ShownProof | None = None,
    **changes: str | None,
) -> PushedReference:
    """Push a good authorization request; a parameter given as None is left out, `jti` is that of the assertion."""
    authentication: dict[str, str | None] = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    }
    if "client_assertion" not in changes:
        authentication["client_assertion"] = assertion(client_id, key, now=now, jti=jti or uuid.uuid4().hex)
    form = authorization_request(client_id, **(authentication | changes))
    return push_request(request=TokenRequest(form, proof=proof), actor=NOBODY, now=now)


def arrive(client_id: str, request_uri: str, session: SignedIn | None, /, *, now: datetime, **others: str) -> Next:
    """Bring what was pushed from the person's browser, with other parameters beside it."""
    return start(
        encoded=urlencode({"client_id": client_id, "request_uri": request_uri, **others}).encode(),
        browser=BROWSER,
        session=session,
        actor=session.actor if session else NOBODY,
        now=now,
    )


def get_code(client_id: str, session: SignedIn, *, now: datetime, **changes: str | None) -> str:
    """Bring a person through approval, where it is asked for, and return the code."""
    step = ask(client_id, session, now=now, **changes)
    if step.kind is NextKind.APPROVE:
        step = decide(
            request_id=step.request_id,
            browser=BROWSER,
            session=session,
            decision=Decision.ALLOW,
            actor=session.actor,
            now=now,
        )
    return answer_of(step)["code"]


def answer_of(step: Next) -> dict[str, str]:
    """Return the parameters with which the browser leaves for the client."""
    assert step.kind is NextKind.REDIRECT, step
    assert step.url.startswith(REDIRECT_URI)
    return dict(parse_qsl(urlsplit(step.url).query, keep_blank_values=True))


def token_request(
    client_id: str, key: Key | None, code: str, /, *, now: datetime, **changes: str | None
) -> TokenRequest:
    """Return a good token request; a parameter given as None is left out."""
    parameters = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "code_verifier": VERIFIER,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion(client_id, key, now=now) if key else None,
        **changes,
    }
    return TokenRequest(urlencode({name: value for name, value in parameters.items() if value is not None}).encode())


def redeem(
    client_id: str,
    key: Key,
    code: str,
    /,
    *,
    now: datetime,
    proof: ShownProof | None = None,
    **changes: str | None,
) -> IssuedTokens:
    """Send a token request."""
    request = replace(token_request(client_id, key, code, now=now, **changes), proof=proof)
    return answer_token_request(request=request, actor=NOBODY, now=now)


def get_machine_token(client_id: str, key: Key, /, *, now: datetime, **changes: Any) -> IssuedTokens:
    """Have a client ask for a token for itself; a parameter given as None is left out."""
    return _get_tokens(client_id, key, "client_credentials", now=now, **changes)


OFFLINE = ScopeUse(Scope.OFFLINE_ACCESS, LangString("Başvurunuz sürerken bilgilerinizi güncel tutmak"))
OFFLINE_SCOPE = "openid profile offline_access"


def refresh(client_id: str, key: Key, token: str | None, /, *, now: datetime, **changes: Any) -> IssuedTokens:
    """Have a client go on with a refresh token; a parameter given as None is left out."""
    return _get_tokens(client_id, key, "refresh_token", now=now, **({"refresh_token": token} | changes))


def _get_tokens(
    client_id: str,
    key: Key,
    grant_type: str,
    /,
    *,
    now: datetime,
    proof: ShownProof | None = None,
    **changes: str | None,
) -> IssuedTokens:
    parameters = {
        "grant_type": grant_type,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion(client_id, key, now=now),
        **changes,
    }
    form = urlencode({name: value for name, value in parameters.items() if value is not None}).encode()
    return answer_token_request(request=TokenRequest(form, proof=proof), actor=NOBODY, now=now)


def userinfo(
    access_token: str, *, now: datetime, scheme: str = "Bearer", proof: ShownProof | None = None
) -> dict[str, Any]:
    """Ask what the access token releases."""
    return share_attributes(authorization=f"{scheme} {access_token}", proof=proof, actor=NOBODY, now=now)
