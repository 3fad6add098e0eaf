"""Single sign-on: codes asked for and redeemed.

In a database of its own, of the kind that KAPI_DATABASE_URL names, else SQLite. The services are called as the
endpoints call them, without HTTP before them; figures per CPU-second are of this process, so that other work on the
machine does not count. How soon institutions know that a session has ended: `bench/logout.py`.
"""

import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from urllib.parse import parse_qs, urlencode, urlsplit

from django.conf import settings
from django.db import connection
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import ECKey

from bench.figures import Figure, compared
from bench.scratch import scratch_database
from kapi.contexts.identity import services as identity
from kapi.contexts.identity.values import BirthDate, SignedIn, StartedSession
from kapi.contexts.openid.selectors.keys import published_keys
from kapi.contexts.openid.services.authorization import receive_arrival, start_authorization
from kapi.contexts.openid.services.clients import register_client
from kapi.contexts.openid.services.decisions import decide
from kapi.contexts.openid.services.keys import active_key
from kapi.contexts.openid.services.sharing import share_attributes
from kapi.contexts.openid.services.token_endpoint import answer_token_request
from kapi.contexts.openid.values.authorization import Decision, Next, NextKind
from kapi.contexts.openid.values.clients import Profile, Scope, ScopeUse
from kapi.contexts.openid.values.tokens import TokenRequest
from kapi.kernel.actors import NOBODY, system
from kapi.kernel.identifiers import IdentityNumber
from kapi.kernel.langstring import LangString

NUMBER, PASSWORD = IdentityNumber.parse("10000000146"), "uc kuru yaprak dustu 7"
REDIRECT_URI = "https://rp.example/geri"
BROWSER = "the browser of this bench"
CODES, QUICK_CODES = 400, 40
_ACTOR = system("bench")
_RATE = "per CPU-second"
# The example of RFC 7636, appendix B.
_VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def run(*, quick: bool) -> list[Figure]:
    """Measure; `quick` takes a tenth of the codes."""
    with scratch_database():
        session, key = sign_in(), ECKey.generate_key("P-256", {"kid": "bench"})
        client_id = register(key, "")
        bring_code(client_id, session)  # the sharing is agreed to once
        count = QUICK_CODES if quick else CODES
        return list(_rates(client_id, session, key, count))


def _rates(client_id: str, session: SignedIn, key: ECKey, count: int) -> Iterator[Figure]:
    note = f"{connection.vendor}, {count} times, one process"
    codes: list[str] = []
    value = _per_cpu_second(lambda: codes.append(bring_code(client_id, session)), count)
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
    now = timezone.now()
    kid = active_key(actor=_ACTOR, now=now).kid
    public = ECKey.import_key(next(shown for shown in published_keys(now=now) if shown["kid"] == kid))
    peer_value = _per_cpu_second(lambda: jwt.decode(shown.pop(), public), count)
    peer, said = "its 1 check alone", f"{note}; the first answer, which writes the sharing down"
    yield compared("userinfo", value, _RATE, peer=peer, peer_value=peer_value, note=said)


def _per_cpu_second(deed: Callable[[], object], count: int) -> float:
    began = time.process_time()
    for _ in range(count):
        deed()
    return count / max(time.process_time() - began, 1e-6)


# --- a person, clients, and what they do ---


def sign_in() -> SignedIn:
    """Make the person of this bench, and sign them in."""
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
    opened = knock(code).signed_in
    return identity.choose_first_password(
        session_id=opened.session_id, new_password=PASSWORD, actor=opened.actor, now=timezone.now()
    ).signed_in


def _sign_in_again() -> None:
    knock(PASSWORD)


def knock(secret: str) -> StartedSession:
    """Sign them in once more."""
    return identity.sign_in_with_password(
        identity_number=NUMBER,
        password=secret,
        address="192.0.2.10",
        device_token=None,
        user_agent="",
        actor=NOBODY,
        now=timezone.now(),
    )


def register(key: ECKey, logout_uri: str) -> str:
    """Register a client that hears of logouts there (empty: nowhere), and return its id."""
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


def bring_code(client_id: str, session: SignedIn) -> str:
    """Let the person come from the client, agree if they are asked, and go back with a code."""
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
    now, actor = timezone.now(), session.actor
    arrival = receive_arrival(encoded=urlencode(query).encode(), session_token="", address="", actor=actor, now=now)
    step = start_authorization(arrival=arrival, browser=BROWSER, session=session, actor=actor, now=now)
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
