"""The protocol endpoints over HTTP."""

import base64
import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kapi.contexts.identity.selectors import find_session
from kapi.contexts.identity.values import PersonId
from kapi.contexts.openid.rules import limits
from kapi.contexts.openid.selectors.authorization import visits_of
from kapi.contexts.openid.selectors.tokens import read_own
from kapi.contexts.openid.services.decisions import decide
from kapi.contexts.openid.services.suspension import suspend_client
from kapi.contexts.openid.values.authorization import Decision
from kapi.contexts.openid.values.clients import RegisteredClient, SuspensionReason
from kapi.foundation.limits.values import Budget
from kapi.foundation.outbox.models import OutboxEvent
from kapi.sites.login.openid import SIGNED, browser_of
from tests.contexts.openid.openid_in_tests import (
    ACTOR,
    POST_LOGOUT_URI,
    REDIRECT_URI,
    VERIFIER,
    add_client,
    authorization_request,
    make_proof,
    new_key,
)
from tests.people import make_proofs_older
from tests.sites.login.pages import fill_in, words

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def rp(citizen: PersonId, now: datetime) -> RegisteredClient:
    """A client with a secret."""
    return add_client(now=now, client_id="belediye")


def authorize(browser: Browser, **changes: str | None) -> Any:
    """Send an authorization request."""
    return browser.get("/oidc/authorize?" + authorization_request("belediye", **changes).decode())


def pending_of(answer: Any) -> str:
    """Return the request's id in the address that an answer leads to."""
    address = urlsplit(answer["Location"])
    inside = dict(parse_qsl(address.query)).get("sonra", address.path)
    return str(inside.rstrip("/").rpartition("/")[2])


def visit(browser: Browser, now: datetime) -> str:
    """Come from the institution, sign in, agree to the sharing, and return the code."""
    answer = authorize(browser)
    fill_in(browser, path=answer["Location"])
    session = find_session(token=browser.cookies["kapi_session"].value, now=now)
    assert session is not None
    step = decide(
        request_id=pending_of(answer),
        browser=browser.cookies["kapi_browser"].value,
        session=session,
        decision=Decision.ALLOW,
        actor=session.actor,
        now=now,
    )
    return dict(parse_qsl(urlsplit(step.url).query))["code"]


def exchange(browser: Browser, rp: RegisteredClient, code: str, proof: str = "", **changes: str) -> Any:
    """Send a token request, with a DPoP proof if there is one."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT_URI,
        "code_verifier": VERIFIER,
        "client_id": rp.id,
        "client_secret": str(rp.secret),
        **changes,
    }
    return browser.post("/oidc/token", urlencode(form), content_type=FORM, headers={"DPoP": proof} if proof else None)


class TestDiscovery:
    def test_names_endpoints_that_are_there(self, client: Browser) -> None:
        answer = client.get("/.well-known/openid-configuration")
        document = answer.json()
        assert document["issuer"] == "http://localhost:8000"
        assert document["introspection_signing_alg_values_supported"] == ["ES256"]
        assert answer["Cache-Control"] == "public, max-age=600"
        endpoints = {
            "authorization_endpoint": "authorize",
            "token_endpoint": "token",
            "pushed_authorization_request_endpoint": "push",
            "introspection_endpoint": "introspect",
            "revocation_endpoint": "revoke",
            "userinfo_endpoint": "userinfo",
            "jwks_uri": "jwks",
            "end_session_endpoint": "end_session",
        }
        for member, name in endpoints.items():
            assert document[member] == document["issuer"] + reverse(f"oidc:{name}")

    def test_is_the_metadata_of_the_authorization_server_too(self, client: Browser) -> None:
        first, second = (
            client.get(f"/.well-known/{name}").json() for name in ("openid-configuration", "oauth-authorization-server")
        )
        assert first == second

    def test_is_only_read(self, client: Browser) -> None:
        assert client.post("/.well-known/openid-configuration").status_code == 405


class TestJwks:
    def test_publishes_a_key_to_use_and_one_to_come_from_the_first_request_on(self, client: Browser) -> None:
        answer = client.get("/oidc/jwks")
        assert len(answer.json()["keys"]) == 2
        assert answer["Cache-Control"] == "public, max-age=600"
        assert client.get("/oidc/jwks").json() == answer.json()


@pytest.mark.usefixtures("rp")
class TestAuthorize:
    def test_leads_to_the_sign_in_page_and_from_there_back(self, browser: Browser) -> None:
        answer = authorize(browser)
        assert answer.status_code == 303
        assert answer["Location"].startswith("/giris/?sonra=%2Foidc%2Fresume%2F")
        assert answer["Cache-Control"] == "no-store"
        cookie = answer.cookies["kapi_browser"]
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
        after = fill_in(browser, path=answer["Location"])
        assert after["Location"] == f"/oidc/resume/{pending_of(answer)}?dil=tr"

    def test_leads_to_the_page_in_the_language_that_the_client_asks_for(self, browser: Browser) -> None:
        assert authorize(browser, ui_locales="en")["Location"].startswith("/en/giris/?")

    def test_shows_the_sign_in_page_to_one_who_is_signed_in_where_the_client_demands_it(
        self, signed_in: Browser
    ) -> None:
        answer = authorize(signed_in, prompt="login")
        assert answer["Location"].endswith("&yeniden=1")
        assert signed_in.get(answer["Location"]).status_code == 200

    def test_takes_a_form_from_another_site_and_has_the_browser_come_back(self, signed_in: Browser) -> None:
        answer = signed_in.post(
            "/oidc/authorize",
            authorization_request("belediye").decode(),
            content_type="application/x-www-form-urlencoded",
        )
        assert answer.status_code == 303
        assert answer["Location"] == f"/oidc/resume/{pending_of(answer)}"

    @pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=a", "application/json", "text/plain"])
    def test_takes_no_other_form(self, browser: Browser, content_type: str) -> None:
        answer = browser.post("/oidc/authorize", b"--a--", content_type=content_type)
        assert answer.status_code == 400

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"client_id": "baska"}, "unknown_client"),
            ({"redirect_uri": "https://evil.example/"}, "redirect_uri_not_registered"),
            ({"state": "s" * 3000}, "invalid_request"),
        ],
    )
    def test_shows_a_page_in_words_while_nobody_can_be_trusted_with_a_refusal(
        self, browser: Browser, changes: dict[str, str], code: str
    ) -> None:
        query = authorization_request(changes.pop("client_id", "belediye"), **changes).decode()
        answer = browser.get(f"/oidc/authorize?{query}")
        assert answer.status_code == 400
        assert "Location" not in answer
        assert code in words(answer)
        assert "evil.example" not in words(answer)

    def test_says_that_signing_in_there_is_suspended(self, browser: Browser, now: datetime) -> None:
        suspend_client(client_id="belediye", reason=SuspensionReason.LEAKED, actor=ACTOR, now=now)
        answer = browser.get(f"/oidc/authorize?{authorization_request('belediye').decode()}")
        assert answer.status_code == 403
        assert "Oraya giriş durduruldu" in words(answer)
        assert "leaked" not in words(answer)

    def test_sends_a_long_state_back_whole(self, browser: Browser) -> None:
        answer = authorize(browser, state="ş" * 2048, prompt="none")
        assert answer.status_code == 303
        assert dict(parse_qsl(urlsplit(answer["Location"]).query))["state"] == "ş" * 2048

    @pytest.mark.parametrize("query", ["%FF=%FF", "client_id=%00", "a=b&" * 200, "client_id=belediye&client_id=b", "%"])
    def test_answers_malformed_queries_with_a_page(self, browser: Browser, query: str) -> None:
        assert browser.get(f"/oidc/authorize?{query}").status_code == 400

    def test_answers_a_body_of_a_megabyte_with_a_page(self, browser: Browser) -> None:
        body = b"a=" + b"b" * 1_000_000
        answer = browser.post("/oidc/authorize", body, content_type="application/x-www-form-urlencoded")
        assert answer.status_code in (400, 413)

    def test_is_no_place_for_other_methods(self, browser: Browser) -> None:
        assert browser.head("/oidc/authorize").status_code == 405
        assert browser.put("/oidc/authorize").status_code == 405


class TestNewProof:
    """`prompt=login` and `max_age`: asked again, in the same session."""

    @pytest.fixture
    def others(self, rp: RegisteredClient, now: datetime) -> RegisteredClient:
        """Another institution, where the person is signed in too."""
        return add_client(now=now, client_id="vergi")

    def claims(self, browser: Browser, rp: RegisteredClient, **asked: str) -> dict[str, Any]:
        """Go to the institution, prove oneself where it is asked for, and return what the ID token says."""
        answer = browser.get("/oidc/authorize?" + authorization_request(rp.id, **asked).decode())
        if answer["Location"].startswith("/giris/?"):
            answer = browser.get(fill_in(browser, path=answer["Location"])["Location"])
        if answer["Location"].startswith("/giris/onay/"):
            answer = browser.post(answer["Location"], {"decision": "allow"})
        code = dict(parse_qsl(urlsplit(answer["Location"]).query))["code"]
        payload = exchange(Browser(), rp, code).json()["id_token"].split(".")[1]
        return dict(json.loads(base64.urlsafe_b64decode(payload + "==")))

    @pytest.mark.parametrize("asked", [{"prompt": "login"}, {"max_age": "0"}, {"max_age": "60"}])
    def test_is_in_the_next_token_and_signs_nobody_out_elsewhere(
        self, browser: Browser, rp: RegisteredClient, others: RegisteredClient, asked: dict[str, str]
    ) -> None:
        first, elsewhere = self.claims(browser, rp), self.claims(browser, others)
        make_proofs_older(by=timedelta(seconds=120))
        again = self.claims(browser, rp, **asked)
        assert timezone.now().timestamp() - again["auth_time"] < 60
        assert (again["sid"], again["sub"]) == (first["sid"], first["sub"])
        assert not OutboxEvent.objects.filter(name="identity.session_ended.v1", payload__reason="replaced").exists()
        silent = self.claims(browser, others, prompt="none")
        assert silent["sid"] == elsewhere["sid"]

    def test_is_asked_for_even_where_the_sign_in_is_fresh(self, signed_in: Browser, rp: RegisteredClient) -> None:
        answer = authorize(signed_in, prompt="login")
        page = signed_in.get(answer["Location"])
        assert "Kimliğinizi yeniden doğrulayın" in words(page)
        assert "Örnek Belediyesi" in words(page)
        assert "hiçbir zaman görmez. Oturumunuz zaten açık" in words(page)
        assert "Henüz hesabım yok" not in words(page)
        again = signed_in.get(f"/oidc/resume/{pending_of(answer)}")  # not by going round the page either
        assert again["Location"].startswith("/giris/?")

    def test_is_refused_silently_where_no_page_is_allowed(self, browser: Browser, rp: RegisteredClient) -> None:
        self.claims(browser, rp)
        make_proofs_older(by=timedelta(seconds=120))
        answer = authorize(browser, prompt="none", max_age="60")
        assert dict(parse_qsl(urlsplit(answer["Location"]).query))["error"] == "login_required"


class TestPush:
    @staticmethod
    def push(rp: RegisteredClient, **changes: str | None) -> Any:
        """Push an authorization request."""
        form = authorization_request(rp.id, **({"client_secret": rp.secret} | changes))
        return Browser().post("/oidc/par", form, content_type="application/x-www-form-urlencoded")

    def test_answers_with_a_reference_that_the_browser_brings(self, browser: Browser, rp: RegisteredClient) -> None:
        answer = self.push(rp)
        assert (answer.status_code, answer["Cache-Control"]) == (201, "no-store")
        assert set(answer.json()) == {"request_uri", "expires_in"}
        query = urlencode({"client_id": rp.id, "request_uri": answer.json()["request_uri"]})
        for _ in range(2):
            assert browser.get(f"/oidc/authorize?{query}")["Location"].startswith("/giris/?sonra=")

    def test_answers_a_refusal_in_json(self, rp: RegisteredClient) -> None:
        answer = self.push(rp, scope="openid birthdate")
        assert (answer.status_code, answer["Cache-Control"]) == (400, "no-store")
        assert answer.json()["error"] == "invalid_scope"
        assert self.push(rp, client_secret="wrong").status_code == 401

    @pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
    def test_is_no_place_for_other_methods(self, client: Browser, method: str) -> None:
        answer = getattr(client, method)("/oidc/par")
        assert (answer.status_code, answer["Allow"]) == (405, "POST")

    def test_takes_no_other_form(self, client: Browser) -> None:
        answer = client.post("/oidc/par", b"{}", content_type="application/json")
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")

    def test_a_reference_that_we_never_gave_is_shown_as_a_page(self, browser: Browser, rp: RegisteredClient) -> None:
        uri = "urn:ietf:params:oauth:request_uri:" + "a" * 43
        answer = browser.get("/oidc/authorize?" + urlencode({"client_id": rp.id, "request_uri": uri}))
        assert answer.status_code == 400
        assert "invalid_request_uri" in words(answer)
        assert "push the request anew" in words(answer)


@pytest.mark.usefixtures("rp")
class TestResume:
    def test_says_that_a_request_is_over(self, signed_in: Browser) -> None:
        for request_id in ("a", "A" * 43, "%00", "%C3%A7"):
            answer = signed_in.get(f"/oidc/resume/{request_id}")
            assert answer.status_code == 400
            assert "artık geçerli değil" in words(answer)

    def test_belongs_to_the_browser_that_began(self, signed_in: Browser) -> None:
        answer = authorize(Browser())
        assert signed_in.get(f"/oidc/resume/{pending_of(answer)}").status_code == 400


class TestToken:
    def test_answers_with_tokens_that_nobody_keeps(
        self, browser: Browser, citizen: PersonId, rp: RegisteredClient, now: datetime
    ) -> None:
        answer = exchange(Browser(), rp, visit(browser, now))
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "no-store"
        body = answer.json()
        assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 300, "openid profile")
        assert body["id_token"].count(".") == body["access_token"].count(".") == 2

    def test_answers_a_refusal_in_json(self, rp: RegisteredClient) -> None:
        answer = exchange(Browser(), rp, "none")
        assert answer.status_code == 400
        assert answer.json() == {"error": "invalid_grant", "error_description": "the code is not known"}
        assert answer["Cache-Control"] == "no-store"
        wrong = exchange(Browser(), rp, "none", client_secret="wrong")
        assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
        assert "WWW-Authenticate" not in wrong

    def test_names_the_scheme_to_one_who_tried_basic(self, rp: RegisteredClient) -> None:
        answer = Browser().post(
            "/oidc/token",
            "grant_type=authorization_code",
            content_type="application/x-www-form-urlencoded",
            headers={"Authorization": "Basic " + base64.b64encode(b"belediye:wrong").decode()},
        )
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Basic ")

    @pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=a", "text/plain"])
    def test_takes_no_other_form(self, rp: RegisteredClient, content_type: str) -> None:
        answer = Browser().post("/oidc/token", b"{}", content_type=content_type)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")

    def test_answers_a_body_of_a_megabyte_in_json(self, rp: RegisteredClient, caplog: pytest.LogCaptureFixture) -> None:
        for path in ("/oidc/token", "/oidc/par"):
            answer = Browser().post(path, b"a=" + b"b" * 1_000_000, content_type="application/x-www-form-urlencoded")
            assert (answer.status_code, answer.json()["error"]) == (413, "invalid_request")
        assert "Traceback" not in caplog.text

    def test_is_no_place_for_other_methods(self, client: Browser) -> None:
        assert client.get("/oidc/token").status_code == 405


class TestReadOnly:
    @pytest.mark.parametrize(
        "path", ["/.well-known/openid-configuration", "/oidc/jwks", "/oidc/resume/a", "/oidc/end-session/a"]
    )
    def test_addresses_answer_405_to_every_other_method(self, path: str) -> None:
        browser = Browser(enforce_csrf_checks=True)
        for method in ("post", "put", "patch", "delete"):
            assert getattr(browser, method)(path).status_code == 405


class TestTooMuch:
    @pytest.fixture(autouse=True)
    def _little_is_heard(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("FAILED_PROOFS", "BAD_TOKENS", "BROUGHT"):
            monkeypatch.setattr(limits, name, (Budget(2, timedelta(seconds=90)),))

    def test_at_the_token_endpoint_is_told_when_to_come_back(self, rp: RegisteredClient) -> None:
        answers = [exchange(Browser(), rp, "x", client_secret="wrong") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [401, 401, 429]
        assert (answers[2].json()["error"], answers[2]["Cache-Control"]) == ("invalid_client", "no-store")
        assert 85 <= int(answers[2]["Retry-After"]) <= 90
        assert "Retry-After" not in answers[1]
        elsewhere = exchange(Browser(REMOTE_ADDR="198.51.100.7"), rp, "x")
        assert elsewhere.json()["error"] == "invalid_grant"

    def test_at_userinfo_is_told_when_to_come_back(self, db: None) -> None:
        answers = [Browser().get("/oidc/userinfo", headers={"Authorization": "Bearer a"}) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [401, 401, 429]
        assert 85 <= int(answers[2]["Retry-After"]) <= 90
        assert "WWW-Authenticate" not in answers[2]

    @pytest.mark.parametrize("path", ["/oidc/authorize?client_id=belediye", "/oidc/end-session"])
    def test_brought_by_browsers_is_a_page_that_says_so(self, rp: RegisteredClient, path: str) -> None:
        answers = [Browser().get(path) for _ in range(3)]
        assert [answer.status_code for answer in answers[:2]] != [429, 429]
        assert answers[2].status_code == 429
        assert 85 <= int(answers[2]["Retry-After"]) <= 90
        assert "Çok fazla istek geldi" in words(answers[2])
        assert Browser(REMOTE_ADDR="198.51.100.7").get(path).status_code != 429

    def test_is_counted_by_the_address_that_reached_our_proxy(self, rp: RegisteredClient, settings: Any) -> None:
        settings.TRUSTED_PROXIES = 1
        for number in range(4):
            answer = exchange(Browser(headers={"X-Forwarded-For": f"192.0.2.{number}"}), rp, "x", client_secret="wrong")
            assert answer.status_code == 401


class TestUserinfo:
    def test_answers_get_and_post_with_the_token_in_the_header(
        self, browser: Browser, citizen: PersonId, rp: RegisteredClient, now: datetime
    ) -> None:
        token = exchange(Browser(), rp, visit(browser, now)).json()["access_token"]
        header = {"Authorization": f"Bearer {token}"}
        answers = [Browser().get("/oidc/userinfo", headers=header), Browser().post("/oidc/userinfo", headers=header)]
        for answer in answers:
            assert answer.json()["name"] == "Deniz Yılmaz"
            assert answer["Cache-Control"] == "no-store"

    def test_reads_no_token_from_anywhere_else(self, client: Browser) -> None:
        for answer in (client.post("/oidc/userinfo", {"access_token": "a"}), client.get("/oidc/userinfo")):
            assert answer.status_code == 401
            assert answer["WWW-Authenticate"] == 'Bearer realm="kapi", DPoP algs="ES256 PS256 Ed25519 EdDSA"'
        form = "application/x-www-form-urlencoded"
        for answer in (
            client.get("/oidc/userinfo?access_token=a"),
            client.post("/oidc/userinfo", "access_token=a", content_type=form),
            client.get("/oidc/userinfo", headers={"Authorization": "DPoP a b"}),
            client.get("/oidc/userinfo", headers={"Authorization": "Basic YTpi, Bearer a"}),
        ):
            assert answer.status_code == 400
            assert 'error="invalid_request"' in answer["WWW-Authenticate"]

    def test_names_what_is_wrong_with_a_token(self, client: Browser) -> None:
        answer = client.get("/oidc/userinfo", headers={"Authorization": "Bearer a"})
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer["WWW-Authenticate"]


class TestOwnTokens:
    """Introspection and revocation over HTTP."""

    def test_are_told_of_and_given_back(
        self, browser: Browser, citizen: PersonId, rp: RegisteredClient, now: datetime
    ) -> None:
        token = exchange(Browser(), rp, visit(browser, now)).json()["access_token"]
        form = urlencode({"token": token, "client_id": rp.id, "client_secret": str(rp.secret)})
        before = Browser().post("/oidc/introspect", form, content_type=FORM)
        assert (before.json()["active"], before["Cache-Control"]) == (True, "no-store")
        signed = Browser().post("/oidc/introspect", form, content_type=FORM, headers={"Accept": SIGNED})
        assert (signed.status_code, signed["Content-Type"], signed["Cache-Control"]) == (200, SIGNED, "no-store")
        told = read_own(signed.content.decode(), typ="token-introspection+jwt")
        assert (told["aud"], told["token_introspection"]) == (rp.id, before.json())
        answer = Browser().post("/oidc/revoke", form, content_type=FORM)
        assert (answer.status_code, answer.content) == (200, b"")
        assert Browser().post("/oidc/introspect", form, content_type=FORM).json() == {"active": False}
        over = Browser().post("/oidc/introspect", form, content_type=FORM, headers={"Accept": SIGNED})
        told = read_own(over.content.decode(), typ="token-introspection+jwt")
        assert told["token_introspection"] == {"active": False}
        assert Browser().get("/oidc/userinfo", headers={"Authorization": f"Bearer {token}"}).status_code == 401

    @pytest.mark.parametrize("path", ["/oidc/introspect", "/oidc/revoke"])
    def test_are_nobody_elses_business(self, client: Browser, rp: RegisteredClient, path: str) -> None:
        answer = client.post(path, urlencode({"token": "a", "client_id": rp.id}), content_type=FORM)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        assert client.get(path).status_code == 405


class TestProofOfPossession:
    """DPoP over HTTP: challenge, nonce, bound token."""

    HOLDER = new_key("holder")

    def ask(self, token: str, scheme: str = "DPoP", *proofs: str) -> Any:
        """Ask the userinfo endpoint."""
        headers = {"Authorization": f"{scheme} {token}"} | ({"DPoP": ", ".join(proofs)} if proofs else {})
        return Browser().get("/oidc/userinfo", headers=headers)

    def proof(self, path: str, now: datetime, **claims: Any) -> str:
        """Make a proof."""
        return make_proof(self.HOLDER, path, now=now, **claims).header

    def test_is_challenged_with_a_nonce_that_is_then_good_everywhere(
        self, browser: Browser, citizen: PersonId, rp: RegisteredClient
    ) -> None:
        now = timezone.now()
        code = visit(browser, now)
        challenged = exchange(Browser(), rp, code, self.proof("/oidc/token", now, nonce=None))
        assert (challenged.status_code, challenged.json()["error"]) == (400, "use_dpop_nonce")
        nonce = challenged["DPoP-Nonce"]
        answer = exchange(Browser(), rp, code, self.proof("/oidc/token", now, nonce=nonce))
        assert (answer.status_code, answer.json()["token_type"]) == (200, "DPoP")
        assert answer["DPoP-Nonce"]
        token = answer.json()["access_token"]
        proof = self.proof("/oidc/userinfo", now, nonce=nonce, access_token=token)
        shared = self.ask(token, "DPoP", proof)
        assert shared.json()["name"] == "Deniz Yılmaz"
        assert shared["DPoP-Nonce"]

    def test_tells_at_userinfo_by_the_scheme_what_is_wrong(
        self, browser: Browser, citizen: PersonId, rp: RegisteredClient
    ) -> None:
        now = timezone.now()
        token = exchange(Browser(), rp, visit(browser, now), self.proof("/oidc/token", now)).json()["access_token"]
        blank = self.proof("/oidc/userinfo", now, access_token=token, nonce=None)
        good = self.proof("/oidc/userinfo", now, access_token=token)
        tried = {
            "invalid_token": self.ask(token, "Bearer"),
            "invalid_dpop_proof": self.ask(token, "DPoP"),
            "more than one": self.ask(token, "DPoP", good, good),
            "use_dpop_nonce": self.ask(token, "DPoP", blank),
            "not one of ours": self.ask("a.b.c", "DPoP", good),
        }
        for told, answer in tried.items():
            assert answer.status_code == 401
            assert answer["WWW-Authenticate"].startswith('DPoP algs="ES256 PS256 Ed25519 EdDSA", error="')
            assert told in answer["WWW-Authenticate"]
        assert tried["use_dpop_nonce"]["DPoP-Nonce"]
        assert self.ask(token, "DPoP", good).status_code == 200

    def test_gives_no_nonce_to_one_who_shows_no_proof(self, rp: RegisteredClient) -> None:
        assert "DPoP-Nonce" not in exchange(Browser(), rp, "none")

    def test_is_named_in_the_metadata(self, client: Browser) -> None:
        document = client.get("/.well-known/openid-configuration").json()
        assert document["dpop_signing_alg_values_supported"] == ["ES256", "PS256", "Ed25519", "EdDSA"]


class TestEndSession:
    @pytest.fixture
    def id_token(self, browser: Browser, rp: RegisteredClient, now: datetime) -> str:
        return str(exchange(Browser(), rp, visit(browser, now)).json()["id_token"])

    def test_ends_the_session_and_goes_back(self, browser: Browser, id_token: str) -> None:
        query = urlencode({"id_token_hint": id_token, "post_logout_redirect_uri": POST_LOGOUT_URI, "state": "s"})
        answer = browser.get(f"/oidc/end-session?{query}")
        assert answer["Location"] == f"{POST_LOGOUT_URI}?state=s"
        assert answer.cookies["kapi_session"].value == ""
        assert "/giris/" in browser.get("/hesabim/")["Location"]

    def test_by_form_of_another_site_comes_back_with_cookies_first(self, browser: Browser, id_token: str) -> None:
        answer = browser.post(
            "/oidc/end-session",
            urlencode({"id_token_hint": id_token}),
            content_type="application/x-www-form-urlencoded",
        )
        assert answer["Location"].startswith("/oidc/end-session/")
        after = browser.get(answer["Location"])
        assert after["Location"] == "/cikis/tamam/"
        assert after.cookies["kapi_session"].value == ""
        assert browser.get(answer["Location"]).status_code == 400

    def test_asks_the_person_where_no_id_token_came(
        self, browser: Browser, signed_in: Browser, rp: RegisteredClient
    ) -> None:
        answer = browser.get("/oidc/end-session?client_id=belediye")
        assert answer["Location"].startswith("/cikis/?istek=")
        assert "kapi_session" not in answer.cookies

    def test_says_so_where_nobody_is_signed_in(self, client: Browser) -> None:
        assert client.get("/oidc/end-session")["Location"] == "/cikis/tamam/"

    def test_shows_a_page_where_the_place_to_go_is_not_registered(self, browser: Browser, id_token: str) -> None:
        query = urlencode({"id_token_hint": id_token, "post_logout_redirect_uri": "https://evil.example/"})
        answer = browser.get(f"/oidc/end-session?{query}")
        assert answer.status_code == 400
        assert "post_logout_redirect_uri_not_registered" in words(answer)


class TestVisits:
    def test_are_written_down_for_the_person(
        self, browser: Browser, rp: RegisteredClient, citizen: PersonId, now: datetime
    ) -> None:
        visit(browser, now)
        assert [visit.client_id for visit in visits_of(person_id=citizen)] == ["belediye"]


ENDPOINTS = [
    "authorize",
    "par",
    "token",
    "introspect",
    "revoke",
    "userinfo",
    "end-session",
    "jwks",
    "resume/a",
    "end-session/a",
]
NAMES = ["client_id", "redirect_uri", "scope", "state", "code", "grant_type", "client_assertion", "id_token_hint"]


@pytest.mark.usefixtures("rp")
class TestAnyRubbish:
    @given(
        endpoint=st.sampled_from(ENDPOINTS),
        method=st.sampled_from(["GET", "POST"]),
        query=st.binary(max_size=80).map(lambda raw: raw.decode("latin-1")),
        body=st.binary(max_size=200)
        | st.dictionaries(st.sampled_from(NAMES), st.text(max_size=50)).map(lambda form: urlencode(form).encode()),
        authorization=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60),
        proof=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60),
    )
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    def test_gets_an_answer_and_never_a_failure(
        self, *, browser: Browser, endpoint: str, method: str, query: str, body: bytes, authorization: str, proof: str
    ) -> None:
        answer = browser.generic(
            method,
            f"/oidc/{endpoint}",
            body,
            content_type="application/x-www-form-urlencoded",
            QUERY_STRING=query,
            HTTP_AUTHORIZATION=authorization,
            HTTP_DPOP=proof,
        )
        assert answer.status_code < 500


def test_browser_of_gives_one_answer_per_request(rf: Any) -> None:
    request = rf.get("/")
    assert browser_of(request) == browser_of(request)
    assert len(browser_of(request)) == 43
