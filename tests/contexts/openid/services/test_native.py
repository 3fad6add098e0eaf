"""An app on people's devices (RFC 8252): nothing to prove itself with, so everything hangs on PKCE and DPoP."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.db import IntegrityError, transaction
from joserfc.jwk import ECKey

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.errors import (
    ClientNotAcceptable,
    InvalidClient,
    InvalidDpopProof,
    InvalidGrant,
    InvalidToken,
    RedirectUriNotRegistered,
    TooManyRequests,
)
from kapi.contexts.openid.models import Client
from kapi.contexts.openid.rules import limits
from kapi.contexts.openid.selectors.clients import get_client
from kapi.contexts.openid.selectors.discovery import discovery_document
from kapi.contexts.openid.services.clients import move_client, register_client, replace_keys
from kapi.contexts.openid.services.decisions import decide
from kapi.contexts.openid.services.own_tokens import introspect_token, revoke_token
from kapi.contexts.openid.services.pushed import push_request
from kapi.contexts.openid.services.token_endpoint import answer_token_request
from kapi.contexts.openid.values.authorization import Decision, Next, NextKind
from kapi.contexts.openid.values.clients import ApiScope, AuthMethod, Profile
from kapi.contexts.openid.values.tokens import IssuedTokens, TokenRequest
from kapi.foundation.limits.values import Budget
from kapi.kernel.actors import NOBODY
from tests.contexts.openid.openid_in_tests import (
    ACTOR,
    BROWSER,
    NAME,
    OFFLINE,
    SCOPES,
    VERIFIER,
    add_client,
    arrive,
    authorization_request,
    key_set,
    make_proof,
    new_key,
    start,
    userinfo,
)

pytestmark = pytest.mark.django_db
HTTPS, LOOPBACK, PORT = "https://app.example/geri", "http://127.0.0.1/geri", "http://127.0.0.1:51004/geri"
HOLDER, THIEF = new_key("holder"), new_key("thief")


def register(now: datetime, **more: Any) -> str:
    """Register an app."""
    given: dict[str, Any] = {
        "name": NAME,
        "redirect_uris": [HTTPS, LOOPBACK],
        "scopes": (*SCOPES, OFFLINE),
        "client_id": "uygulama",
        "profile": Profile.NATIVE,
        "actor": ACTOR,
        "now": now,
    }
    return register_client(**(given | more)).id


@pytest.fixture
def app(db: None, now: datetime) -> str:
    """An app."""
    return register(now)


def begin(app: str, session: SignedIn, now: datetime, **changes: str | None) -> Next:
    """Come from the app by its browser."""
    return start(
        encoded=authorization_request(app, **({"redirect_uri": PORT} | changes)),
        browser=BROWSER,
        session=session,
        actor=session.actor,
        now=now,
    )


def agree(step: Next, session: SignedIn, now: datetime) -> dict[str, str]:
    """Say yes if asked, and return what the app is sent."""
    if step.kind is NextKind.APPROVE:
        step = decide(
            request_id=step.request_id,
            browser=BROWSER,
            session=session,
            decision=Decision.ALLOW,
            actor=session.actor,
            now=now,
        )
    return dict(parse_qsl(urlsplit(step.url).query))


def send(app: str, now: datetime, holder: ECKey | None = HOLDER, **form: str) -> IssuedTokens:
    """Send a token request as the app does: with its id, and a proof by a key."""
    proof = make_proof(holder, "/oidc/token", now=now) if holder else None
    request = TokenRequest(urlencode({"client_id": app, **form}).encode(), proof=proof)
    return answer_token_request(request=request, actor=NOBODY, now=now)


def redeem(app: str, code: str, now: datetime, holder: ECKey | None = HOLDER, **changes: str) -> IssuedTokens:
    """Redeem a code."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": PORT, "code_verifier": VERIFIER}
    return send(app, now, holder, **(form | changes))


class TestSignIn:
    def test_gives_a_token_that_is_bound_to_the_key_of_the_app(
        self, app: str, session: SignedIn, now: datetime
    ) -> None:
        answer = agree(begin(app, session, now), session, now)
        tokens = redeem(app, answer["code"], now)
        assert (answer["state"], tokens.token_type) == ("s1", "DPoP")
        token = tokens.access_token
        shown = make_proof(HOLDER, "/oidc/userinfo", now=now, access_token=token)
        assert userinfo(token, now=now, scheme="DPoP", proof=shown)["name"] == "Deniz Yılmaz"
        stolen = make_proof(THIEF, "/oidc/userinfo", now=now, access_token=token)
        with pytest.raises(InvalidToken):
            userinfo(token, now=now, scheme="DPoP", proof=stolen)

    def test_gives_nothing_without_a_proof_of_possession(self, app: str, session: SignedIn, now: datetime) -> None:
        code = agree(begin(app, session, now), session, now)["code"]
        with pytest.raises(InvalidDpopProof):
            redeem(app, code, now, holder=None)

    def test_gives_nothing_without_the_verifier(self, app: str, session: SignedIn, now: datetime) -> None:
        answer = agree(begin(app, session, now, code_challenge=None, code_challenge_method=None), session, now)
        assert answer["error"] == "invalid_request"
        code = agree(begin(app, session, now), session, now)["code"]
        with pytest.raises(InvalidGrant):
            redeem(app, code, now, code_verifier="a" * 43)

    def test_holds_the_code_to_the_port_that_was_asked_from(self, app: str, session: SignedIn, now: datetime) -> None:
        code = agree(begin(app, session, now), session, now)["code"]
        with pytest.raises(InvalidGrant):
            redeem(app, code, now, redirect_uri="http://127.0.0.1:51005/geri")

    def test_asks_the_person_each_time_where_any_app_may_listen(
        self, app: str, session: SignedIn, now: datetime
    ) -> None:
        """RFC 8252, 8.6: a port of the device is anybody's; a claimed https address is the app's own."""
        agree(begin(app, session, now), session, now)
        assert begin(app, session, now).kind is NextKind.APPROVE
        assert agree(begin(app, session, now, prompt="none"), session, now)["error"] == "consent_required"
        assert begin(app, session, now, redirect_uri=HTTPS).kind is NextKind.REDIRECT

    @pytest.mark.parametrize("uri", ["http://localhost:51004/geri", "http://127.0.0.1:51004/baska", "app:/geri"])
    def test_goes_nowhere_else(self, app: str, session: SignedIn, now: datetime, uri: str) -> None:
        with pytest.raises(RedirectUriNotRegistered):
            begin(app, session, now, redirect_uri=uri)

    def test_may_be_pushed_by_the_app(self, app: str, session: SignedIn, now: datetime) -> None:
        form = authorization_request(app, redirect_uri=PORT)
        proof = make_proof(HOLDER, "/oidc/par", now=now)
        pushed = push_request(request=TokenRequest(form, proof=proof), actor=NOBODY, now=now)
        code = agree(arrive(app, pushed.request_uri, session, now=now), session, now)["code"]
        with pytest.raises(InvalidGrant):
            redeem(app, code, now, holder=THIEF)
        assert redeem(app, code, now).id_token

    def test_may_not_be_pushed_without_end_by_strangers_who_know_its_id(
        self, app: str, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "BROUGHT", (Budget(2, timedelta(minutes=5)),))
        form = authorization_request(app, redirect_uri=PORT)
        for _ in range(2):
            push_request(request=TokenRequest(form, address="203.0.113.9"), actor=NOBODY, now=now)
        with pytest.raises(TooManyRequests):
            push_request(request=TokenRequest(form, address="203.0.113.9"), actor=NOBODY, now=now)
        elsewhere = push_request(request=TokenRequest(form, address="203.0.113.10"), actor=NOBODY, now=now)
        assert elsewhere.expires_in_s == 60


class TestRefresh:
    @pytest.fixture
    def token(self, app: str, session: SignedIn, now: datetime) -> str:
        """A refresh token."""
        scope = "openid profile offline_access"
        code = agree(begin(app, session, now, scope=scope), session, now)["code"]
        return redeem(app, code, now).refresh_token

    def test_is_for_the_key_that_it_was_given_to(self, app: str, token: str, now: datetime) -> None:
        assert send(app, now, grant_type="refresh_token", refresh_token=token).token_type == "DPoP"
        with pytest.raises(InvalidGrant, match="another key"):
            send(app, now, THIEF, grant_type="refresh_token", refresh_token=token)
        with pytest.raises(InvalidDpopProof):
            send(app, now, None, grant_type="refresh_token", refresh_token=token)

    def test_is_given_back_by_the_app_and_told_to_nobody(self, app: str, token: str, now: datetime) -> None:
        request = TokenRequest(urlencode({"client_id": app, "token": token}).encode())
        with pytest.raises(InvalidClient, match="cannot prove itself"):
            introspect_token(request=request, actor=NOBODY, now=now)
        revoke_token(request=request, actor=NOBODY, now=now)
        with pytest.raises(InvalidGrant, match="revoked"):
            send(app, now, grant_type="refresh_token", refresh_token=token)


class TestRegistration:
    def test_gives_no_secret(self, app: str) -> None:
        client = get_client(client_id=app)
        assert (client.auth_method, client.secret_hash, client.jwks) == (AuthMethod.NONE, "", None)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"jwks": key_set(new_key())},
            {"redirect_uris": ["http://localhost/geri"]},
            {"redirect_uris": ["http://192.0.2.1/geri"]},
            {"redirect_uris": ["com.example.app:/geri"]},
            {"redirect_uris": ["http://127.0.0.1/geri#a"]},
            {"api_scopes": [ApiScope.CLIENTS_READ]},
        ],
    )
    def test_refuses_what_an_app_cannot_be(self, now: datetime, settings: Any, wrong: dict[str, Any]) -> None:
        settings.OPENID = type(settings.OPENID)(issuer="https://giris.example")
        with pytest.raises(ClientNotAcceptable):
            register(now, **wrong)

    def test_takes_loopback_addresses_for_apps_alone(self, now: datetime, settings: Any) -> None:
        settings.OPENID = type(settings.OPENID)(issuer="https://giris.example")
        assert register(now)
        with pytest.raises(ClientNotAcceptable):
            add_client(now=now, redirect_uris=[LOOPBACK])

    def test_leaves_an_app_without_a_proof_and_nothing_else(
        self, app: str, client_id: str, key: ECKey, now: datetime
    ) -> None:
        with pytest.raises(ClientNotAcceptable):
            move_client(client_id=app, profile=Profile.FAPI, actor=ACTOR, now=now)
        with pytest.raises(ClientNotAcceptable):
            move_client(client_id=client_id, profile=Profile.NATIVE, actor=ACTOR, now=now)
        with pytest.raises(ClientNotAcceptable):
            replace_keys(client_id=app, jwks=key_set(key), actor=ACTOR, now=now)
        for pk, change in ((app, {"profile": "fapi"}), (client_id, {"profile": "native"})):
            with pytest.raises(IntegrityError), transaction.atomic():
                Client.objects.filter(pk=pk).update(**change)

    def test_lets_nobody_else_come_without_a_proof(self, client_id: str, now: datetime) -> None:
        with pytest.raises(InvalidClient, match="registered for private_key_jwt"):
            send(client_id, now, grant_type="authorization_code", code="x", redirect_uri=HTTPS)

    def test_is_told_by_the_metadata(self) -> None:
        document = discovery_document()
        assert "none" in document["token_endpoint_auth_methods_supported"]
        assert "none" not in document["introspection_endpoint_auth_methods_supported"]
