"""Single sign-on: codes asked for and redeemed, and how soon 50 institutions know that a session has ended.

In a database of its own, of the kind that KAPI_DATABASE_URL names, else SQLite. The services are called as the
endpoints call them, without HTTP before them; figures per CPU-second are of this process, so that other work on the
machine does not count. The logout notices go over HTTP, at the rhythm of a real worker.
"""

import secrets
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from django.conf import settings
from django.db import close_old_connections, connection
from django.test import override_settings
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import ECKey

from bench.figures import Figure, compared
from bench.scratch import scratch_database
from kapi.contexts.identity import services as identity
from kapi.contexts.identity.values import BirthDate, EndReason, SignedIn, StartedSession
from kapi.contexts.openid.selectors.logout import logout_deliveries
from kapi.contexts.openid.services.authorization import decide, start_authorization
from kapi.contexts.openid.services.clients import register_client
from kapi.contexts.openid.services.keys import active_key
from kapi.contexts.openid.services.sharing import share_attributes
from kapi.contexts.openid.services.token_endpoint import answer_token_request
from kapi.contexts.openid.values.authorization import Decision, Next, NextKind
from kapi.contexts.openid.values.clients import Profile, Scope, ScopeUse
from kapi.contexts.openid.values.logout import DeliveryState
from kapi.contexts.openid.values.tokens import TokenRequest
from kapi.jobs import deliver_outbox, send_logout_notices
from kapi.kernel.actors import NOBODY, system
from kapi.kernel.identifiers import IdentityNumber
from kapi.kernel.langstring import LangString

NUMBER, PASSWORD = IdentityNumber.parse("10000000146"), "uc kuru yaprak dustu 7"
REDIRECT_URI = "https://rp.example/geri"
BROWSER = "the browser of this bench"
CODES, QUICK_CODES = 400, 40
CLIENTS = 50
LIMIT_S = 5.0  # within which every institution that lives is to know
SLOW_S = 30.0  # so long an institution keeps silent: ten times our patience
_ACTOR = system("bench")
_RATE = "per CPU-second"
# The example of RFC 7636, appendix B.
_VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def run(*, quick: bool) -> list[Figure]:
    """Measure; `quick` takes a tenth of the codes."""
    with scratch_database(), override_settings(ALLOW_PRIVATE_ADDRESSES=True):
        session, key = _sign_in(), ECKey.generate_key("P-256", {"kid": "bench"})
        client_id = _register(key, "")
        _bring_code(client_id, session)  # the sharing is agreed to once
        count = QUICK_CODES if quick else CODES
        figures = list(_rates(client_id, session, key, count))
        return [*figures, *_logout(session, key)]


def _rates(client_id: str, session: SignedIn, key: ECKey, count: int) -> Iterator[Figure]:
    note = f"{connection.vendor}, {count} times, one process"
    codes: list[str] = []
    value = _per_cpu_second(lambda: codes.append(_bring_code(client_id, session)), count)
    peer_value = _per_cpu_second(_sign_in_again, max(4, count // 40))
    peer = "signing in with the password"
    yield compared("authorize", value, _RATE, peer=peer, peer_value=peer_value, note=f"{note}; goal 300, by SSO")
    tokens: list[str] = []
    value = _per_cpu_second(lambda: tokens.append(_redeem(client_id, key, codes.pop())), count)
    peer_value = _per_cpu_second(lambda: _sign_and_check(key), count)
    peer, said = "its 3 signatures and 1 check alone", f"{note}; goal 250, the client's own work included"
    yield compared("token redemption", value, _RATE, peer=peer, peer_value=peer_value, note=said)
    shown = list(tokens)
    value = _per_cpu_second(lambda: _fetch_attributes(tokens.pop()), count)
    public = ECKey.import_key(active_key(actor=_ACTOR, now=timezone.now()).as_dict(private=False))
    peer_value = _per_cpu_second(lambda: jwt.decode(shown.pop(), public), count)
    peer, said = "its 1 check alone", f"{note}; the first answer, which writes the sharing down"
    yield compared("userinfo", value, _RATE, peer=peer, peer_value=peer_value, note=said)


def _logout(session: SignedIn, key: ECKey) -> Iterator[Figure]:
    with _institutions() as place:
        for number in range(CLIENTS):
            kind = {0: "dead", 1: "slow"}.get(number, "living")
            base = place.dead if kind == "dead" else place.base
            _bring_code(_register(key, f"{base}/{kind}/{number}"), session)
        began = time.monotonic()
        identity.end_session(
            session_id=session.session_id, reason=EndReason.SIGNED_OUT, actor=session.actor, now=timezone.now()
        )
        ended_s = time.monotonic() - began
        with _worker():
            while len(place.heard_at) < CLIENTS - 2 and time.monotonic() < began + 60:
                time.sleep(0.01)
        last_s = max(place.heard_at.values()) - began
    told = [record.state for record in logout_deliveries(session_id=session.session_id)]
    note = (
        f"{connection.vendor}; one dead, one silent for {SLOW_S:.0f} s; living ones told: {len(place.heard_at)} of"
        f" {CLIENTS - 2}; confirmed in the ledger: {told.count(DeliveryState.CONFIRMED)}"
    )
    name = f"back-channel logout to {CLIENTS} clients"
    yield _within(name, last_s, "s until the last living one", note)
    yield _within("signing out, for the person", ended_s, "s", "nobody is called before the page answers", limit_s=1.0)


def _within(name: str, value: float, unit: str, note: str, limit_s: float = LIMIT_S) -> Figure:
    return Figure(name, round(value, 3), unit, "the limit we set", limit_s, round(value / limit_s, 3), note)


def _per_cpu_second(deed: Callable[[], object], count: int) -> float:
    began = time.process_time()
    for _ in range(count):
        deed()
    return count / max(time.process_time() - began, 1e-6)


# --- a person, clients, and what they do ---


def _sign_in() -> SignedIn:
    now = timezone.now()
    person_id = identity.register_person(
        identity_number=NUMBER,
        given_names="Deniz",
        family_name="Yılmaz",
        birth=BirthDate(year=1990),
        actor=_ACTOR,
        now=now,
    )
    code = identity.issue_account(person_id=person_id, actor=_ACTOR, now=now).code
    opened = _knock(code).signed_in
    return identity.choose_first_password(
        session_id=opened.session_id, new_password=PASSWORD, actor=opened.actor, now=timezone.now()
    ).signed_in


def _sign_in_again() -> None:
    _knock(PASSWORD)


def _knock(secret: str) -> StartedSession:
    return identity.sign_in_with_password(
        identity_number=NUMBER,
        password=secret,
        address="192.0.2.10",
        device_token=None,
        user_agent="",
        actor=NOBODY,
        now=timezone.now(),
    )


def _register(key: ECKey, logout_uri: str) -> str:
    return register_client(
        name=LangString("Örnek Belediyesi"),
        redirect_uris=[REDIRECT_URI],
        scopes=[ScopeUse(Scope.OPENID), ScopeUse(Scope.PROFILE, LangString("Kayıt"), LangString("5393 sayılı Kanun"))],
        jwks={"keys": [key.as_dict(private=False)]},
        backchannel_logout_uri=logout_uri,
        profile=Profile.BASELINE,
        actor=_ACTOR,
        now=timezone.now(),
    ).id


def _bring_code(client_id: str, session: SignedIn) -> str:
    query = {
        "client_id": client_id,
        "redirect_uri": REDIRECT_URI,
        "response_type": "code",
        "scope": "openid profile",
        "state": secrets.token_urlsafe(16),
        "nonce": secrets.token_urlsafe(16),
        "code_challenge": _CHALLENGE,
        "code_challenge_method": "S256",
    }
    now = timezone.now()
    step = start_authorization(
        encoded=urlencode(query).encode(), browser=BROWSER, session=session, actor=session.actor, now=now
    )
    if step.kind is NextKind.APPROVE:
        step = _agree(step, session, now)
    return parse_qs(urlsplit(step.url).query)["code"][0]


def _agree(step: Next, session: SignedIn, now: datetime) -> Next:
    return decide(
        request_id=step.request_id,
        browser=BROWSER,
        session=session,
        decision=Decision.ALLOW,
        actor=session.actor,
        now=now,
    )


def _redeem(client_id: str, key: ECKey, code: str) -> str:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "code_verifier": _VERIFIER,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": _assertion(client_id, key),
    }
    request = TokenRequest(urlencode(form).encode(), address="192.0.2.7")
    return answer_token_request(request=request, actor=NOBODY, now=timezone.now()).access_token


def _assertion(client_id: str, key: ECKey) -> str:
    now_s = int(time.time())
    claims = {"iss": client_id, "sub": client_id, "aud": settings.OPENID.issuer, "exp": now_s + 60}
    return jwt.encode({"alg": "ES256", "kid": key.kid}, {**claims, "jti": uuid.uuid4().hex}, key)


def _fetch_attributes(access_token: str) -> None:
    share_attributes(authorization=f"Bearer {access_token}", address="192.0.2.7", actor=NOBODY, now=timezone.now())


def _sign_and_check(key: ECKey) -> None:
    for _ in range(2):
        _assertion("bench", key)
    jwt.decode(_assertion("bench", key), key)


# --- institutions that listen, and a worker ---


@dataclass
class _Place:
    """Where they listen: `base`; `dead` is an address where nobody does. `heard_at`: when each living one was told."""

    base: str = ""
    dead: str = ""
    heard_at: dict[str, float] = field(default_factory=dict)


@contextmanager
def _institutions() -> Iterator[_Place]:
    place, over = _Place(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            if self.path.startswith("/slow/"):
                over.wait(SLOW_S)
            else:
                place.heard_at[self.path] = time.monotonic()
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128  # with Python's 5 a burst of connections waits for TCP to try again
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place.dead = f"http://127.0.0.1:{listener.getsockname()[1]}"
    place.base = f"http://127.0.0.1:{server.server_port}"
    try:
        yield place
    finally:
        over.set()
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _worker() -> Iterator[None]:
    """Run the two jobs as `kapi work` does: each in a thread of its own, with the pauses of the schedule."""
    stop = threading.Event()

    def repeat(job: Callable[..., int], every_s: float) -> None:
        while not stop.is_set():
            job(now=timezone.now())
            stop.wait(every_s)
        close_old_connections()
        connection.close()

    jobs: Sequence[tuple[Callable[..., int], str]] = (
        (deliver_outbox.run, "kapi.jobs.deliver_outbox.run"),
        (send_logout_notices.run, "kapi.jobs.send_logout_notices.run"),
    )
    threads = [threading.Thread(target=repeat, args=(job, settings.JOB_SCHEDULE[path])) for job, path in jobs]
    for thread in threads:
        thread.start()
    try:
        yield
        time.sleep(settings.JOB_SCHEDULE["kapi.jobs.send_logout_notices.run"] * 2)  # for the answers to be recorded
    finally:
        stop.set()
        for thread in threads:
            thread.join()
