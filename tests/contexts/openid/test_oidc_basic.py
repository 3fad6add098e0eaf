"""Our own equivalents of the OpenID Foundation's modules for Basic, RP-initiated and back-channel logout.

Each is named after its module. They are ours, not the Foundation's, and no certificate follows from them;
`docs/conformance.md` has the list. The client is of the profile `conformance`: a secret, no PKCE.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.test import Client as Browser
from django.utils import timezone
from joserfc import jwt as jose
from joserfc.jwk import ECKey, KeySet
from pytest_django import Settings

from kapi.contexts.identity.services import end_session
from kapi.contexts.identity.values import EndReason, SignedIn
from kapi.contexts.openid.errors import (
    InvalidGrant,
    PostLogoutRedirectUriNotRegistered,
    ProtocolError,
    RedirectUriNotRegistered,
)
from kapi.contexts.openid.rules.jwt import header_of
from kapi.contexts.openid.rules.logout import EVENT
from kapi.contexts.openid.selectors.discovery import discovery_document
from kapi.contexts.openid.selectors.keys import published_keys
from kapi.contexts.openid.selectors.tokens import read_own
from kapi.contexts.openid.services import logout
from kapi.contexts.openid.services.authorization import keep_authorization, resume_authorization
from kapi.contexts.openid.services.decisions import decide
from kapi.contexts.openid.services.token_endpoint import answer_token_request
from kapi.contexts.openid.values.authorization import Decision, Next, NextKind
from kapi.contexts.openid.values.clients import Profile, Scope, ScopeUse
from kapi.contexts.openid.values.logout import SignOutKind, SignOutStep
from kapi.contexts.openid.values.settings import OpenidSettings
from kapi.contexts.openid.values.tokens import IssuedTokens, TokenRequest
from kapi.foundation.outbox.services import deliver_due
from kapi.kernel.actors import NOBODY
from kapi.kernel.langstring import LangString
from tests import people
from tests.contexts.openid.openid_in_tests import (
    BROWSER,
    CHALLENGE,
    EMAIL_BY_CONSENT,
    ISSUER,
    OFFLINE,
    PHONE_BY_LAW,
    POST_LOGOUT_URI,
    REDIRECT_URI,
    SCOPES,
    VERIFIER,
    add_client,
    answer_of,
    ask,
    authorization_request,
    userinfo,
)
from tests.sent_codes import EMAIL, PHONE, add_contact

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
BIRTHDATE = ScopeUse(Scope.BIRTHDATE, LangString("Yaşınızı bilmek"))


@dataclass(frozen=True)
class Party:
    """A client as the Foundation's suite is one, and a citizen who is signed in."""

    id: str
    secret: str
    session: SignedIn
    now: datetime

    def ask(self, session: SignedIn | None, **changes: str | None) -> Next:
        """Send a request without PKCE, in the basic plan's manner."""
        plain = {"code_challenge": None, "code_challenge_method": None, "scope": "openid"}
        return ask(self.id, session, now=self.now, **(plain | changes))

    def answer(self, **changes: str | None) -> dict[str, str]:
        """Bring the citizen through, who agrees if asked."""
        return self.agree(self.ask(self.session, **changes))

    def agree(self, step: Next, session: SignedIn | None = None) -> dict[str, str]:
        """Go on from a step, with a yes if that is asked for."""
        if step.kind is NextKind.APPROVE:
            who = session or self.session
            step = decide(
                request_id=step.request_id,
                browser=BROWSER,
                session=who,
                decision=Decision.ALLOW,
                actor=who.actor,
                now=self.now,
            )
        return answer_of(step)

    def redeem(self, code: str, *, later: timedelta = timedelta(0), in_body: bool = False, **more: str) -> IssuedTokens:
        """Redeem a code with the secret, in the header or in the body."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI, **more}
        basic = "Basic " + base64.b64encode(f"{self.id}:{self.secret}".encode()).decode()
        form |= {"client_id": self.id, "client_secret": self.secret} if in_body else {}
        request = TokenRequest(urlencode(form).encode(), "" if in_body else basic)
        return answer_token_request(request=request, actor=NOBODY, now=self.now + later)

    def tokens(self, **changes: str | None) -> IssuedTokens:
        """Return what a code gives."""
        return self.redeem(self.answer(**changes)["code"])

    def claims(self, **changes: str | None) -> dict[str, Any]:
        """Return what the ID token says."""
        return read_own(self.tokens(**changes).id_token, typ="JWT")

    def later(self, seconds: int) -> "Party":
        """Return the same, after a while."""
        return replace(self, now=self.now + timedelta(seconds=seconds))

    def sign_out(self, **wish: str) -> SignOutStep:
        """Send the citizen to the end-session endpoint."""
        return logout.start_sign_out(
            encoded=urlencode(wish).encode(), browser=BROWSER, session=self.session, actor=NOBODY, now=self.now
        )

    def is_signed_out(self) -> bool:
        """Tell whether a silent request is refused once the session is ended as the step says."""
        end_session(
            session_id=self.session.session_id, reason=EndReason.SIGNED_OUT, actor=self.session.actor, now=self.now
        )
        return answer_of(self.ask(None, prompt="none"))["error"] == "login_required"


@pytest.fixture
def party(session: SignedIn, now: datetime, settings: Settings) -> Party:
    """A client that may ask for everything."""
    settings.OPENID = OpenidSettings(issuer=ISSUER, demo=True)
    scopes = (*SCOPES, BIRTHDATE, EMAIL_BY_CONSENT, PHONE_BY_LAW, OFFLINE)
    made = add_client(now=now, client_id="oidf", profile=Profile.CONFORMANCE, scopes=scopes)
    return Party(made.id, str(made.secret), session, now)


def refused(deed: Callable[[], object], kind: type[ProtocolError]) -> bool:
    """Tell that a deed is refused in this way."""
    with pytest.raises(kind):
        deed()
    return True


# --- Basic


def test_server_test(party: Party) -> None:
    answer = party.answer()
    assert (answer["state"], answer["iss"]) == ("s1", ISSUER)
    tokens = party.redeem(answer["code"])
    claims = read_own(tokens.id_token, typ="JWT")
    assert (tokens.token_type, claims["iss"], claims["aud"], claims["nonce"]) == ("Bearer", ISSUER, party.id, "n1")
    assert userinfo(tokens.access_token, now=party.now) == {"sub": claims["sub"]}


def test_alternate_happy_flow(party: Party) -> None:
    """The order of scopes and of parameters makes no difference."""
    query = authorization_request(party.id, scope="profile openid", code_challenge=None, code_challenge_method=None)
    backwards = b"&".join(reversed(query.split(b"&")))
    step = keep_authorization(encoded=backwards, actor=NOBODY, now=party.now)
    step = resume_authorization(
        request_id=step.request_id, browser=BROWSER, session=party.session, actor=NOBODY, now=party.now
    )
    assert party.redeem(party.agree(step)["code"]).scope == "openid profile"


def test_response_type_missing(party: Party) -> None:
    assert answer_of(party.ask(party.session, response_type=None))["error"] == "invalid_request"


def test_id_token_signature(party: Party) -> None:
    token = party.tokens().id_token
    assert header_of(token)["alg"] == "ES256"
    keys = KeySet([ECKey.import_key(key) for key in published_keys(now=party.now)])
    assert jose.decode(token, keys, algorithms=["ES256"]).claims["aud"] == party.id


def test_id_token_unsigned(party: Party) -> None:
    """`none` is not offered, so the Foundation's module has nothing to ask for."""
    assert discovery_document()["id_token_signing_alg_values_supported"] == ["ES256"]
    assert header_of(party.tokens().id_token)["alg"] != "none"


def _over_http(party: Party, method: str, **more: Any) -> Any:
    """Ask the userinfo endpoint with a token that lives by the real clock."""
    present = replace(party, now=timezone.now(), session=people.sign_in(now=timezone.now()).signed_in)
    token = present.tokens(scope="openid profile").access_token
    sent = {name: value(token) for name, value in more.items()}
    return getattr(Browser(), method)("/oidc/userinfo", **sent)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_user_info_get(party: Party) -> None:
    assert _over_http(party, "get", headers=_bearer).json()["name"] == "Deniz Yılmaz"


def test_user_info_post_header(party: Party) -> None:
    assert _over_http(party, "post", headers=_bearer).json()["name"] == "Deniz Yılmaz"


def test_user_info_post_body(party: Party) -> None:
    """Tokens are read from the header alone (RFC 6750, 2.2 leaves the body to us); the refusal says so."""
    answer = _over_http(party, "post", data=lambda token: {"access_token": token})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    form = {
        "content_type": lambda _: "application/x-www-form-urlencoded",
        "data": lambda token: f"access_token={token}",
    }
    for more in ({}, {"headers": _bearer}):  # nor in both ways at once (RFC 6750, 2 and 3.1)
        answer = _over_http(party, "post", **form, **more)
        assert answer.status_code == 400
        assert 'error="invalid_request"' in answer["WWW-Authenticate"]


def test_ensure_request_without_nonce_succeeds_for_code_flow(party: Party) -> None:
    """A nonce is left out where there is PKCE; without either we refuse (OpenID Connect Core 15.5.2)."""
    pkce = {"code_challenge": CHALLENGE, "code_challenge_method": "S256", "nonce": None}
    assert "nonce" not in read_own(
        party.redeem(party.answer(**pkce)["code"], code_verifier=VERIFIER).id_token, typ="JWT"
    )
    assert answer_of(party.ask(party.session, nonce=None))["error"] == "invalid_request"


def test_scope_profile(party: Party) -> None:
    told = userinfo(party.tokens(scope="openid profile").access_token, now=party.now)
    assert set(told) == {"sub", "name", "given_name", "family_name"}


def _not_offered(party: Party, scope: str) -> bool:
    """The metadata does not name the scope, and asking for it is told."""
    assert scope not in discovery_document()["scopes_supported"]
    return answer_of(party.ask(party.session, scope=f"openid {scope}"))["error"] == "invalid_scope"


def test_scope_email(party: Party) -> None:
    add_contact(party.session, EMAIL, now=party.now)
    told = userinfo(party.tokens(scope="openid email").access_token, now=party.now)
    assert {name: told[name] for name in told if name != "sub"} == {"email": EMAIL.text, "email_verified": True}


def test_scope_address(party: Party) -> None:
    assert _not_offered(party, "address")


def test_scope_phone(party: Party) -> None:
    add_contact(party.session, PHONE, now=party.now)
    told = userinfo(party.tokens(scope="openid phone").access_token, now=party.now)
    stated = {"phone_number": "+905311234567", "phone_number_verified": True}
    assert {name: told[name] for name in told if name != "sub"} == stated


def test_scope_all(party: Party) -> None:
    told = userinfo(party.tokens(scope="openid profile birthdate identity_number").access_token, now=party.now)
    assert set(told) == {"sub", "name", "given_name", "family_name", "birthdate", "identity_number"}


def test_display_page(party: Party) -> None:
    assert party.answer(display="page")["code"]


def test_display_popup(party: Party) -> None:
    assert party.answer(display="popup")["code"]


def test_prompt_login(party: Party) -> None:
    first = party.claims()
    later = party.later(2)
    step = later.ask(later.session, prompt="login")
    assert step.kind is NextKind.SIGN_IN
    anew = people.sign_in(now=later.now).signed_in
    step = resume_authorization(
        request_id=step.request_id, browser=BROWSER, session=anew, actor=anew.actor, now=later.now
    )
    second = read_own(later.redeem(later.agree(step, anew)["code"]).id_token, typ="JWT")
    assert second["auth_time"] > first["auth_time"]
    assert second["sub"] == first["sub"]


def test_prompt_none_not_logged_in(party: Party) -> None:
    assert answer_of(party.ask(None, prompt="none"))["error"] == "login_required"


def test_prompt_none_logged_in(party: Party) -> None:
    first = party.claims()
    second = read_own(party.redeem(answer_of(party.ask(party.session, prompt="none"))["code"]).id_token, typ="JWT")
    assert (second["sub"], second["auth_time"]) == (first["sub"], first["auth_time"])


def test_max_age_1(party: Party) -> None:
    party.answer()
    later = party.later(2)
    assert later.ask(later.session, max_age="1").kind is NextKind.SIGN_IN


def test_max_age_10000(party: Party) -> None:
    first = party.claims()
    second = party.later(1).claims(max_age="10000")
    assert second["auth_time"] == first["auth_time"]


def test_ensure_request_with_unknown_parameter_succeeds(party: Party) -> None:
    assert party.answer(extra="foobar")["code"]


def test_id_token_hint(party: Party) -> None:
    tokens = party.tokens()
    step = party.ask(party.session, prompt="none", id_token_hint=tokens.id_token)
    again = read_own(party.redeem(answer_of(step)["code"]).id_token, typ="JWT")
    assert again["sub"] == read_own(tokens.id_token, typ="JWT")["sub"]


def test_login_hint(party: Party) -> None:
    assert party.answer(login_hint="deniz@example.org")["code"]


def test_ui_locales(party: Party) -> None:
    assert party.answer(ui_locales="se en")["code"]


def test_claims_locales(party: Party) -> None:
    assert party.answer(claims_locales="se")["code"]


def test_ensure_request_with_acr_values_succeeds(party: Party) -> None:
    assert party.claims(acr_values=f"urn:unknown {party.session.acr}")["acr"] == party.session.acr


def test_auth_code_reuse(party: Party) -> None:
    code = party.answer()["code"]
    party.redeem(code)
    assert refused(lambda: party.redeem(code), InvalidGrant)


def test_auth_code_reuse_after_30_seconds(party: Party) -> None:
    code = party.answer()["code"]
    token = party.redeem(code).access_token
    assert refused(lambda: party.redeem(code, later=30 * SECOND), InvalidGrant)
    assert refused(lambda: userinfo(token, now=party.now + 30 * SECOND), ProtocolError)


def test_ensure_registered_redirect_uri(party: Party) -> None:
    assert refused(lambda: party.ask(party.session, redirect_uri=REDIRECT_URI + "/baska"), RedirectUriNotRegistered)


def test_ensure_post_request_succeeds(party: Party) -> None:
    query = authorization_request(party.id, scope="openid", code_challenge=None, code_challenge_method=None)
    step = keep_authorization(encoded=query, actor=NOBODY, now=party.now)
    assert step.kind is NextKind.RESUME
    step = resume_authorization(
        request_id=step.request_id, browser=BROWSER, session=party.session, actor=NOBODY, now=party.now
    )
    assert party.agree(step)["code"]


def test_server_test_client_secret_post(party: Party) -> None:
    assert party.redeem(party.answer()["code"], in_body=True).id_token


def _unsigned(**claims: str) -> str:
    parts = ({"alg": "none"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."


def test_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(party: Party) -> None:
    answer = answer_of(party.ask(party.session, request_uri="https://rp.example/istek.jwt"))
    assert (answer["error"], answer["state"]) == ("request_uri_not_supported", "s1")


def test_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(party: Party) -> None:
    answer = answer_of(party.ask(party.session, request=_unsigned(state="other")))
    assert (answer["error"], answer["state"]) == ("request_not_supported", "s1")


def test_ensure_request_object_with_redirect_uri(party: Party) -> None:
    answer = answer_of(party.ask(party.session, request=_unsigned(redirect_uri="https://evil.example/")))
    assert answer["error"] == "request_not_supported"


def test_claims_essential(party: Party) -> None:
    wish = json.dumps({"userinfo": {"name": {"essential": True}}})
    tokens = party.tokens(claims=wish)
    assert userinfo(tokens.access_token, now=party.now)["name"] == "Deniz Yılmaz"
    assert "name" not in read_own(tokens.id_token, typ="JWT")


def test_refresh_token(party: Party) -> None:
    tokens = party.tokens(scope="openid offline_access", prompt="consent")
    form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    basic = "Basic " + base64.b64encode(f"{party.id}:{party.secret}".encode()).decode()
    request = TokenRequest(urlencode(form).encode(), basic)
    given = answer_token_request(request=request, actor=NOBODY, now=party.now)
    assert given.access_token != tokens.access_token
    assert userinfo(given.access_token, now=party.now)["sub"]


def test_ensure_request_with_valid_pkce_succeeds(party: Party) -> None:
    code = party.answer(code_challenge=CHALLENGE, code_challenge_method="S256")["code"]
    assert refused(lambda: party.redeem(code, code_verifier="a" * 43), InvalidGrant)
    assert party.redeem(code, code_verifier=VERIFIER).id_token


# --- RP-initiated logout


def _modified(token: str) -> str:
    """Alter what the token says, and leave its signature."""
    header, _, signature = token.split(".")
    claims = base64.urlsafe_b64encode(b'{"sub":"somebody else"}').rstrip(b"=").decode()
    return f"{header}.{claims}.{signature}"


def test_rp_initiated_logout_discovery_endpoint_verification(party: Party) -> None:
    assert discovery_document()["end_session_endpoint"] == f"{ISSUER}/oidc/end-session"


def test_rp_initiated_logout(party: Party) -> None:
    hint = party.tokens().id_token
    step = party.sign_out(id_token_hint=hint, post_logout_redirect_uri=POST_LOGOUT_URI, state="abc")
    assert step.kind is SignOutKind.END_SESSION
    assert dict(parse_qsl(urlsplit(step.url).query)) == {"state": "abc"}
    assert party.is_signed_out()


def test_rp_initiated_logout_no_state(party: Party) -> None:
    step = party.sign_out(id_token_hint=party.tokens().id_token, post_logout_redirect_uri=POST_LOGOUT_URI)
    assert (step.kind, step.url) == (SignOutKind.END_SESSION, POST_LOGOUT_URI)
    assert party.is_signed_out()


def test_rp_initiated_logout_no_post_logout_redirect_uri(party: Party) -> None:
    step = party.sign_out(id_token_hint=party.tokens().id_token, state="abc")
    assert (step.kind, step.url) == (SignOutKind.END_SESSION, "")
    assert party.is_signed_out()


def test_rp_initiated_logout_only_state(party: Party) -> None:
    party.answer()
    assert party.sign_out(state="abc").kind is SignOutKind.CONFIRM


def test_rp_initiated_logout_no_params(party: Party) -> None:
    party.answer()
    assert party.sign_out().kind is SignOutKind.CONFIRM


def _leads_nowhere(party: Party, **wish: str) -> bool:
    """Tell that the browser is not sent to the address of the wish."""
    return refused(lambda: party.sign_out(post_logout_redirect_uri=POST_LOGOUT_URI, **wish), ProtocolError)


def test_rp_initiated_logout_no_id_token_hint(party: Party) -> None:
    party.answer()
    assert _leads_nowhere(party)


def test_rp_initiated_logout_bad_id_token_hint(party: Party) -> None:
    party.answer()
    assert _leads_nowhere(party, id_token_hint="not.a.token")


def test_rp_initiated_logout_modified_id_token_hint(party: Party) -> None:
    assert _leads_nowhere(party, id_token_hint=_modified(party.tokens().id_token))


def test_rp_initiated_logout_bad_logout_redirect_uri(party: Party) -> None:
    hint = party.tokens().id_token
    assert refused(
        lambda: party.sign_out(id_token_hint=hint, post_logout_redirect_uri="https://evil.example/"),
        PostLogoutRedirectUriNotRegistered,
    )


def test_rp_initiated_logout_query_added_to_logout_redirect_uri(party: Party) -> None:
    hint = party.tokens().id_token
    assert refused(
        lambda: party.sign_out(id_token_hint=hint, post_logout_redirect_uri=POST_LOGOUT_URI + "?foo=bar"),
        PostLogoutRedirectUriNotRegistered,
    )


# --- Back-channel logout


def test_backchannel_logout_discovery_endpoint_verification(party: Party) -> None:
    document = discovery_document()
    assert document["backchannel_logout_supported"] is True
    assert document["backchannel_logout_session_supported"] is True


def test_backchannel_rp_initiated_logout(party: Party) -> None:
    told = read_own(party.tokens().id_token, typ="JWT")
    assert party.is_signed_out()
    deliver_due(limit=10, now=party.now)
    (notice,) = logout.claim_notices(limit=10, actor=NOBODY, now=party.now)
    claims = read_own(notice.token, typ="logout+jwt")
    assert (claims["iss"], claims["aud"], claims["sid"]) == (ISSUER, party.id, told["sid"])
    assert claims["events"] == {EVENT: {}}
    assert "nonce" not in claims
    assert claims["jti"]
