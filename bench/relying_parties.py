"""What institutions' programs and citizens' browsers send to a provider of OpenID Connect, ours or another."""

import base64
import hashlib
import json
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

from bench.closed_loop import Answer, Connection, Unexpected

REDIRECT_URI = "https://rp.example/geri"
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_MOST_STEPS = 12
_FORM_TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]*)"')
# The example of RFC 7636, appendix B.
_VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@dataclass(frozen=True)
class Client:
    """An institution's program. `kind`: `plain` (no DPoP), `fapi`, or `offline` (that, and refresh tokens)."""

    id: str
    kind: str
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "bench"}), repr=False)

    @property
    def registration(self) -> dict[str, Any]:
        """What both providers are told of it."""
        return {"id": self.id, "kind": self.kind, "jwks": {"keys": [self.key.as_dict(private=False)]}}

    @property
    def scope(self) -> str:
        """What it asks citizens for."""
        return "openid profile offline_access" if self.kind == "offline" else "openid profile"


@dataclass
class Browser:
    """A citizen's browser: its cookies."""

    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, connection: Connection, path: str, *, wanted: int) -> Answer:
        """Load a page, and keep the cookies that come with it."""
        return self._kept(connection.send("GET", path, headers=self._headers(), wanted=wanted))

    def post(self, connection: Connection, path: str, form: Mapping[str, str], *, wanted: int) -> Answer:
        """Send a form, and keep the cookies that come back."""
        body = urlencode(form).encode()
        return self._kept(connection.send("POST", path, body=body, headers=self._headers() | _FORM, wanted=wanted))

    def _headers(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}

    def _kept(self, answer: Answer) -> Answer:
        self.cookies |= answer.cookies
        return answer


@dataclass(frozen=True)
class Provider:
    """A provider of OpenID Connect on this machine, as its metadata describe it. `nonce` goes into DPoP proofs."""

    port: int
    metadata: Mapping[str, Any]
    nonce: str = ""

    def address(self, endpoint: str) -> str:
        """Return the whole address of an endpoint, such as `token`."""
        return str(self.metadata[f"{endpoint}_endpoint"])

    def path(self, endpoint: str) -> str:
        """Return its path."""
        return urlsplit(self.address(endpoint)).path


def discover(port: int) -> Provider:
    """Read a provider's metadata."""
    connection = Connection(port)
    answer = connection.send("GET", "/.well-known/openid-configuration", wanted=200)
    connection.close()
    return Provider(port, json.loads(answer.body))


def current_nonce(provider: Provider, client: Client) -> str:
    """Ask for the nonce that DPoP proofs need now: by a proof without one."""
    connection = Connection(provider.port)
    bare, refused = Provider(provider.port, provider.metadata), {"grant_type": "client_credentials"}
    request = token_request(bare, client, refused, with_proof=True)
    answer = connection.send(*request[:2], body=request[2], headers=request[3], wanted=400)
    connection.close()
    return answer.headers["dpop-nonce"]


Request = tuple[str, str, bytes, dict[str, str]]


def token_request(
    provider: Provider, client: Client, form: Mapping[str, str], *, with_proof: bool, endpoint: str = "token"
) -> Request:
    """Return a request by which a client proves itself, with an assertion and a DPoP proof of its own."""
    body = urlencode({**form, **_credentials(provider, client)}).encode()
    proof = {"DPoP": make_proof(provider, client.key, "POST", endpoint)} if with_proof else {}
    return "POST", provider.path(endpoint), body, _FORM | proof


def pushed_request(provider: Provider, client: Client) -> Request:
    """Return a good authorization request, to be pushed."""
    form = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": REDIRECT_URI,
        "scope": client.scope,
        "state": uuid.uuid4().hex,
        "nonce": uuid.uuid4().hex,
        "code_challenge": _CHALLENGE,
        "code_challenge_method": "S256",
    }
    return token_request(provider, client, form, with_proof=False, endpoint="pushed_authorization_request")


def pushed_uri(connection: Connection, request: Request) -> str:
    """Push a request and return its `request_uri`."""
    return str(json.loads(sent(connection, request, wanted=201).body)["request_uri"])


def sent(connection: Connection, request: Request, *, wanted: int = 200) -> Answer:
    """Send a request of a client's program."""
    method, path, body, headers = request
    return connection.send(method, path, body=body, headers=headers, wanted=wanted)


def code_from(connection: Connection, provider: Provider, client: Client, browser: Browser, request_uri: str) -> str:
    """Bring a pushed request from the browser of somebody who is signed in and has agreed; return the code."""
    query = urlencode({"client_id": client.id, "request_uri": request_uri})
    answer = browser.get(connection, f"{provider.path('authorization')}?{query}", wanted=303)
    return _code_in(answer.headers["location"])


def first_code(connection: Connection, provider: Provider, client: Client, browser: Browser, request: Request) -> str:
    """Bring a request for the first time: whatever pages come are followed, and what they ask is agreed to."""
    query = urlencode({"client_id": client.id, "request_uri": pushed_uri(connection, request)})
    place = f"{provider.address('authorization')}?{query}"
    for _ in range(_MOST_STEPS):
        if place.startswith(REDIRECT_URI):
            return _code_in(place)
        parts = urlsplit(place)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        if "/giris/onay/" in path:
            page = browser.get(connection, path, wanted=200)
            answer = browser.post(connection, path, form_token(page) | {"decision": "allow"}, wanted=303)
        else:
            answer = browser.get(connection, path, wanted=303)
        place = urljoin(place, answer.headers["location"])
    raise Unexpected(f"the browser is sent round in circles: {place}")


def form_token(page: Answer) -> dict[str, str]:
    """Return the field by which a page of ours knows its own form again."""
    found = _FORM_TOKEN.search(page.body)
    return {"csrfmiddlewaretoken": found.group(1).decode()} if found else {}


def redemption(code: str) -> dict[str, str]:
    """Return the form by which a code is redeemed."""
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "code_verifier": _VERIFIER,
    }


def userinfo_request(provider: Provider, client: Client, access_token: str) -> Request:
    """Return a request for what an access token releases."""
    proof = make_proof(provider, client.key, "GET", "userinfo", access_token=access_token)
    return "GET", provider.path("userinfo"), b"", {"Authorization": f"DPoP {access_token}", "DPoP": proof}


def make_proof(provider: Provider, key: ECKey, method: str, endpoint: str, *, access_token: str = "") -> str:
    """Sign a DPoP proof (RFC 9449)."""
    claims = {"jti": uuid.uuid4().hex, "htm": method, "htu": provider.address(endpoint), "iat": int(time.time())}
    if provider.nonce:
        claims["nonce"] = provider.nonce
    if access_token:
        digest = hashlib.sha256(access_token.encode()).digest()
        claims["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    public = {name: value for name, value in key.as_dict(private=False).items() if name in ("kty", "crv", "x", "y")}
    return jwt.encode({"typ": "dpop+jwt", "alg": "ES256", "jwk": public}, claims, key)


def _credentials(provider: Provider, client: Client) -> dict[str, str]:
    now_s = int(time.time())
    claims = {"iss": client.id, "sub": client.id, "aud": provider.metadata["issuer"], "iat": now_s, "exp": now_s + 60}
    assertion = jwt.encode({"alg": "ES256", "kid": "bench"}, {**claims, "jti": uuid.uuid4().hex}, client.key)
    return {"client_id": client.id, "client_assertion_type": _ASSERTION_TYPE, "client_assertion": assertion}


def _code_in(place: str) -> str:
    return parse_qs(urlsplit(place).query)["code"][0]
