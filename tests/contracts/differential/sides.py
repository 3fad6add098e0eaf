"""The two servers: how they are started, what a person and a client have there, and what their answers mean."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import requests
from bs4 import BeautifulSoup
from django.conf import settings
from joserfc.jwk import ECKey, RSAKey

from kapi.config.settings.pages import STATIC_ROOT
from kapi.contexts.identity.values import ACR_VALUES
from tests.commands.test_work import free_port
from tests.contexts.openid.openid_in_tests import POST_LOGOUT_URI, REDIRECT_URI, key_set, new_key
from tests.contracts.differential.drafts import Draft, Endpoint, Held, Party, draft, renewed
from tests.contracts.served_gateway import ServedGateway
from tests.installation import Installation

LIBRARY = settings.BASE_DIR / "node_modules/oidc-provider/lib/index.js"
_NODE = Path(sys.executable).with_name("node")
_SCRIPT = Path(__file__).with_name("peer.mjs")
_RENEW_AFTER_S = 100
_OFFLINE = {"scope": "openid profile offline_access", "prompt": "consent"}
# A signature by RS256 is refused for its algorithm only where the key is known.
_RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
PARTY, OTHER = (Party(name, new_key(), new_key("holder")) for name in ("kurum", "baska"))

_PREPARE = """
from django.utils import timezone
from kapi.contexts.openid.services.clients import register_client
from kapi.contexts.openid.values.clients import Profile
from tests import people
from tests.contexts.openid import openid_in_tests as openid

now = timezone.now()
for client_id, jwks in {clients!r}.items():
    register_client(
        name=openid.NAME, redirect_uris=[openid.REDIRECT_URI], scopes=[*openid.SCOPES, openid.OFFLINE],
        client_id=client_id, jwks=jwks, profile=Profile.FAPI, post_logout_redirect_uris=[openid.POST_LOGOUT_URI],
        actor=openid.ACTOR, now=now,
    )
people.make_citizen(now=now)
print(people.sign_in(now=now).token)
"""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    cookies: dict[str, str]
    body: str


class Side:
    """One of the two servers, with a person who has signed in and agreed, and what both clients hold there."""

    def __init__(self, issuer: str, browser: requests.Session) -> None:
        self.issuer = issuer
        self.nonce = ""
        self._browser = browser
        self._connection = HTTPConnection("localhost", urlsplit(issuer).port, timeout=60)
        self._held: dict[str, Held] = {}
        self._renewed_at = time.monotonic()

    def prepare(self) -> None:
        """Bring the person through once, and get the tokens that requests are made with."""
        self.nonce = self._send(self.draft(Endpoint.PAR, Held())).headers["dpop-nonce"]
        for party in (PARTY, OTHER):
            reference = self._push(party, **_OFFLINE)
            tokens = self._tokens(party, self._agree(party, reference))
            self._held[party.id] = Held(
                refresh_token=tokens["refresh_token"], access_token=tokens["access_token"], id_token=tokens["id_token"]
            )

    def held(self, endpoint: Endpoint, party: Party = PARTY) -> Held:
        """Return what a good request to an endpoint is made of: what serves once is got anew."""
        if endpoint is Endpoint.USERINFO and time.monotonic() > self._renewed_at + _RENEW_AFTER_S:
            self._renew(party)
        held = self._held[party.id]
        if endpoint is Endpoint.AUTHORIZE:
            return replace(held, request_uri=self._push(party))
        if endpoint is Endpoint.TOKEN:
            return replace(held, code=self._code(party, self._push(party)))
        return held

    def _renew(self, party: Party) -> None:
        """Get an access token that lives on: on a slow machine the first one is over before the last request."""
        held = self._held[party.id]
        given = self._json(self.draft(Endpoint.REFRESH, held, party), 200)
        self._held[party.id] = replace(held, access_token=given["access_token"])
        self._renewed_at = time.monotonic()

    def draft(self, endpoint: Endpoint, held: Held, party: Party = PARTY) -> Draft:
        """Return a good request."""
        other = OTHER if party is PARTY else PARTY
        return draft(endpoint, issuer=self.issuer, nonce=self.nonce, party=party, other=other, held=held)

    def verdict(self, request: Draft) -> str:
        """Send a request and say in a few words what became of it."""
        for _ in range(request.sends):
            if request.anew:
                renewed(request)
            answer = self._send(request)
        if request.endpoint is Endpoint.PAR and answer.status == 201:
            reference = json.loads(answer.body)["request_uri"]
            return self._said(Endpoint.AUTHORIZE, self._send(self._arrival(request.party, reference)))
        return self._said(request.endpoint, answer)

    def close(self) -> None:
        """Let go of the connections."""
        self._connection.close()
        self._browser.close()

    # --- good requests

    def _push(self, party: Party, **changes: str) -> str:
        request = self.draft(Endpoint.PAR, Held(), party)
        request.put(**changes)
        return str(self._json(request, 201)["request_uri"])

    def _arrival(self, party: Party, reference: str) -> Draft:
        return self.draft(Endpoint.AUTHORIZE, Held(request_uri=reference), party)

    def _code(self, party: Party, reference: str) -> str:
        return _code_in(self._send(self._arrival(party, reference)).headers["location"])

    def _tokens(self, party: Party, code: str) -> dict[str, Any]:
        return self._json(self.draft(Endpoint.TOKEN, Held(code=code), party), 200)

    def _json(self, request: Draft, status: int) -> dict[str, Any]:
        answer = self._send(request)
        assert answer.status == status, answer
        return dict(json.loads(answer.body))

    def _agree(self, party: Party, reference: str) -> str:
        """Go where the browser is sent and say yes wherever that is asked; return the code."""
        query = urlencode(self._arrival(party, reference).parameters)
        answer = self._browser.get(f"{self.issuer}/oidc/authorize?{query}", allow_redirects=False, timeout=60)
        for _ in range(10):
            target = urljoin(answer.url, answer.headers.get("Location", ""))
            if target.startswith(REDIRECT_URI):
                return _code_in(target)
            if "Location" in answer.headers:
                answer = self._browser.get(target, allow_redirects=False, timeout=60)
                continue
            form = BeautifulSoup(answer.text, "html.parser").select_one("main form")
            assert form is not None, (answer.status_code, answer.url, answer.headers, answer.text)
            fields = [(str(item["name"]), str(item.get("value", ""))) for item in form.select("input[type=hidden]")]
            fields += [("decision", "allow"), *(("share", str(box["value"])) for box in form.select("[name=share]"))]
            where = urljoin(answer.url, str(form.get("action") or ""))
            answer = self._browser.post(where, fields, allow_redirects=False, timeout=60)
        raise AssertionError(f"the person is lost at {answer.url}")

    # --- the wire

    def _send(self, request: Draft) -> Answer:
        content = request.body if request.body is not None else request.encoded()
        in_address = request.method in ("GET", "HEAD", "DELETE")
        query = content.decode("latin-1") if in_address else request.query
        headers = [("Host", urlsplit(self.issuer).netloc), *request.headers]
        if request.proof is not None:
            headers.append(("DPoP", request.proof.signed()))
        if request.endpoint in (Endpoint.AUTHORIZE, Endpoint.LOGOUT) and request.has_session:
            headers.append(("Cookie", "; ".join(f"{name}={value}" for name, value in self._browser.cookies.items())))
        if not in_address:
            headers.append(("Content-Length", str(len(content))))
        target = request.path + (f"?{query}" if query else "")
        response = self._exchange(request.method, target, headers, b"" if in_address else content)
        body = response.read().decode("utf-8", "replace")
        headers_back = [(name.lower(), value) for name, value in response.getheaders()]
        cookies = [value.partition(";")[0].partition("=") for name, value in headers_back if name == "set-cookie"]
        self.nonce = dict(headers_back).get("dpop-nonce", self.nonce)
        return Answer(response.status, dict(headers_back), {name: value for name, _, value in cookies}, body)

    def _follow(self, endpoint: Endpoint, answer: Answer) -> Answer:
        """Go on where a form that came without cookies is kept, and comes back with them."""
        location = urljoin(self.issuer, answer.headers.get("location", ""))
        if not location.startswith((f"{self.issuer}/oidc/resume/", f"{self.issuer}/oidc/end-session/")):
            return answer
        request = self.draft(endpoint, Held())
        request.path, request.method, request.parameters = urlsplit(location).path, "GET", []
        return self._send(request)

    def _exchange(self, method: str, target: str, headers: list[tuple[str, str]], content: bytes) -> HTTPResponse:
        for again in (True, False):
            try:
                self._connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
                for name, value in headers:
                    self._connection.putheader(name, value.encode())
                self._connection.endheaders(content)
                return self._connection.getresponse()
            except (HTTPException, OSError):  # a server may close what it has answered a bad request on
                self._connection.close()
                if not again:
                    raise
        raise AssertionError

    # --- what it means

    def _said(self, endpoint: Endpoint, answer: Answer) -> str:
        if endpoint in (Endpoint.AUTHORIZE, Endpoint.LOGOUT):
            answer = self._follow(endpoint, answer)
            location = urljoin(self.issuer, answer.headers.get("location", ""))
            if answer.status >= 400:
                return f"refuses on a page ({answer.status // 100}xx)"
            if endpoint is Endpoint.LOGOUT:
                return self._signed_out(answer, location)
            if not location.startswith(REDIRECT_URI):
                return "asks the person"
            told = dict(parse_qsl(urlsplit(location).query) + parse_qsl(urlsplit(location).fragment))
            return "answers with a code" if "code" in told else f"refuses: {told['error']} (to the client)"
        if answer.status < 300:
            return "accepted"
        return f"refuses: {_error_in(answer)} ({answer.status // 100}xx)"

    def _signed_out(self, answer: Answer, location: str) -> str:
        """Say where the browser ends: a page that only sends a form on is followed."""
        form = BeautifulSoup(answer.body, "html.parser").select_one("form[action$=confirm]")
        if form is not None:
            fields = {str(item["name"]): str(item.get("value", "")) for item in form.select("input[type=hidden]")}
            sent = requests.post(str(form["action"]), fields, cookies=answer.cookies, allow_redirects=False, timeout=60)
            location = sent.headers["Location"]
        if not location.startswith(POST_LOGOUT_URI):
            return "stays with us"
        return "goes to the client, with state" if "state=" in location else "goes to the client"


# Error codes that say the same to a program: what it has to look at.
_CLASSES = {
    "the request": {
        "invalid_request",
        "invalid_scope",
        "unsupported_response_type",
        "unsupported_response_mode",
        "unsupported_grant_type",
        "request_not_supported",
        "request_uri_not_supported",
        "registration_not_supported",
        "invalid_request_uri",
    },
    "the client": {"invalid_client", "unauthorized_client"},
    "the grant": {"invalid_grant"},
    "the proof": {"invalid_dpop_proof", "use_dpop_nonce"},
    "the token": {"invalid_token"},
    "the person": {
        "login_required",
        "consent_required",
        "account_selection_required",
        "interaction_required",
        "unmet_authentication_requirements",
    },
}


_CODE = re.compile(r"(?<=^refuses: )[a-z_ ]+?(?=$| \()")


def kind_of_difference(ours: str, theirs: str) -> str:
    """Say in which way a verdict of ours differs: `stricter`, `laxer`, `other word`; empty if it does not."""
    if _in_classes(ours) == _in_classes(theirs):
        return ""
    we_refuse, they_refuse = ours.startswith("refuses"), theirs.startswith("refuses")
    if we_refuse == they_refuse:
        return "other word"
    return "stricter" if we_refuse else "laxer"


def _in_classes(verdict: str) -> str:
    return _CODE.sub(lambda found: _class_of(found.group()), verdict)


def _class_of(code: str) -> str:
    return next((name for name, codes in _CLASSES.items() if code in codes), code)


def _code_in(location: str) -> str:
    return dict(parse_qsl(urlsplit(location).query))["code"]


def _error_in(answer: Answer) -> str:
    challenge = re.search(r'error="([a-z_]+)"', answer.headers.get("www-authenticate", ""))
    if challenge:
        return challenge.group(1)
    with suppress(ValueError):
        return str(json.loads(answer.body)["error"])
    return "no word"


@contextmanager
def our_side(installation: Installation) -> Iterator[Side]:
    """Serve our gateway with both clients."""
    clients = {party.id: key_set(party.key, _RSA) for party in (PARTY, OTHER)}
    # Refusals are pages, which name their styles: those that `kapi assets` has collected.
    assert (STATIC_ROOT / "staticfiles.json").exists(), "styles are not collected; run `kapi assets --with-tests`"
    installation.data_dir.mkdir(exist_ok=True)
    (installation.data_dir / "static").symlink_to(STATIC_ROOT)
    gateway = ServedGateway(installation, prepare=_PREPARE.format(clients=clients))
    browser = requests.Session()
    browser.cookies.set("kapi_session", gateway.session_token)
    side = Side(gateway.issuer, browser)
    try:
        side.prepare()
        yield side
    finally:
        side.close()


@contextmanager
def their_side() -> Iterator[Side]:
    """Serve `oidc-provider` with both clients."""
    assert LIBRARY.exists(), "oidc-provider is not installed; run `kapi assets --with-tests`"
    issuer = f"http://localhost:{free_port()}"
    words = {
        "library": LIBRARY.as_uri(),
        "issuer": issuer,
        "clients": [{"id": party.id, "jwks": key_set(party.key, _RSA)} for party in (PARTY, OTHER)],
        "key": ECKey.generate_key("P-256", {"kid": "peer", "alg": "ES256", "use": "sig"}).as_dict(private=True),
        "redirect_uri": REDIRECT_URI,
        "post_logout_redirect_uri": POST_LOGOUT_URI,
        "acr_values": [str(acr) for acr in ACR_VALUES],
        "clock_leeway_s": int(settings.OPENID.clock_leeway.total_seconds()),
    }
    process = subprocess.Popen(
        [str(_NODE), str(_SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(words) + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "listening\n"
        side = Side(issuer, requests.Session())
        try:
            side.prepare()
            yield side
        finally:
            side.close()
    finally:
        process.kill()
        process.communicate(timeout=60)
