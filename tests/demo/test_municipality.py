"""The sample institution signs people in and out by OpenID Connect, and believes nothing that does not hold."""

import csv
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import ECKey, KeySet
from werkzeug.test import TestResponse

from municipality.app import Institution, create_app
from municipality.offers import BY_KIND
from municipality.texts import TEXTS
from tests.demo.gateway import SmallGateway

DATA = Path(__file__).resolve().parents[2] / "demo" / "data"


@pytest.fixture
def gateway() -> Iterator[SmallGateway]:
    made = SmallGateway(ECKey.generate_key("P-256"))
    thread = made.start()
    yield made
    made.stop(thread)


@pytest.fixture
def app(gateway: SmallGateway) -> Flask:
    return create_app(
        Institution(
            name="Demoşehir Belediyesi",
            kind="municipality",
            url="http://localhost:8001",
            issuer=gateway.issuer,
            client_id=gateway.client_id,
            key=gateway.client_key,
        )
    )


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    return app.test_client()


def set_out(browser: FlaskClient, gateway: SmallGateway, address: str = "/hizmet/su-borcu") -> dict[str, str]:
    """Open a service and return what the institution asks of the gateway."""
    answer = browser.get(address)
    assert answer.status_code == 302
    asked = {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}
    gateway.nonce, gateway.challenge = asked["nonce"], asked["code_challenge"]
    return asked


def come_back(
    browser: FlaskClient, gateway: SmallGateway, state: str, changes: dict[str, str] | None = None
) -> TestResponse:
    values = {"code": "c1", "state": state, "iss": gateway.issuer} | (changes or {})
    return browser.get("/giris/donus", query_string=values)


def sign_in(browser: FlaskClient, gateway: SmallGateway, address: str = "/hizmet/su-borcu") -> str:
    """Sign in and return the page of the service."""
    asked = set_out(browser, gateway, address)
    answer = come_back(browser, gateway, asked["state"])
    assert answer.location == address, answer.text
    return browser.get(address).text


def for_company(gateway: SmallGateway, **mandate: Any) -> None:
    """Let the gateway say that the citizen acts for a company."""
    gateway.id_claims = {"act": {"sub": "p2"}, "mandate": {"scope": "all"} | mandate}
    gateway.person = {"sub": "p1", "company_name": "Örnek Gıda", "act": {"sub": "p2", "name": "Ayşe Yılmaz"}}


def is_signed_in(browser: FlaskClient) -> bool:
    return browser.get("/hizmet/su-borcu").status_code == 200


class TestSignIn:
    def test_asks_the_gateway_with_pkce_state_and_nonce(self, browser: FlaskClient, gateway: SmallGateway) -> None:
        asked = set_out(browser, gateway)
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        assert (asked["client_id"], asked["redirect_uri"]) == ("belediye", "http://localhost:8001/giris/donus")
        assert min(len(asked["state"]), len(asked["nonce"]), len(asked["code_challenge"])) >= 20
        assert asked["ui_locales"] == "tr"

    def test_shows_the_name_and_nothing_more(self, browser: FlaskClient, gateway: SmallGateway) -> None:
        page = sign_in(browser, gateway)
        assert "Hoş geldiniz, Ayşe Yılmaz" in page
        assert "1987" not in page

    def test_shows_for_whom_one_acts_and_who_one_is(self, browser: FlaskClient, gateway: SmallGateway) -> None:
        for_company(gateway)
        page = sign_in(browser, gateway)
        assert "Örnek Gıda adına işlem yapıyorsunuz." in page
        assert "Hoş geldiniz, Ayşe Yılmaz" in page
        assert TEXTS["tr"]["every_service"] in page
        assert "You are acting for Örnek Gıda." in browser.get("/en/hizmet/su-borcu").text

    def test_serves_nothing_beyond_the_mandate(self, browser: FlaskClient, gateway: SmallGateway) -> None:
        for_company(gateway, scope="listed", services=["su-borcu"])
        assert TEXTS["tr"]["some_services"] in sign_in(browser, gateway)
        refused = browser.get("/hizmet/emlak-vergisi")
        assert (refused.status_code, TEXTS["tr"]["not_covered"] in refused.text) == (403, True)

    def test_speaks_english_under_en(self, browser: FlaskClient, gateway: SmallGateway) -> None:
        assert "Welcome, Ayşe Yılmaz" in sign_in(browser, gateway, "/en/hizmet/su-borcu")

    def test_asks_the_gateway_to_speak_the_language_of_the_page(
        self, browser: FlaskClient, gateway: SmallGateway
    ) -> None:
        assert set_out(browser, gateway, "/en/hizmet/su-borcu")["ui_locales"] == "en"

    def test_takes_a_new_session_id_at_sign_in(self, browser: FlaskClient, gateway: SmallGateway) -> None:
        asked = set_out(browser, gateway)
        before = browser.get_cookie("municipality_session_8001")
        come_back(browser, gateway, asked["state"])
        after = browser.get_cookie("municipality_session_8001")
        assert before is not None
        assert after is not None
        assert before.value != after.value
        assert (after.http_only, after.same_site) == (True, "Lax")

    @pytest.mark.parametrize(
        "changes", [{"iss": "https://another.example"}, {"iss": ""}, {"state": "another"}, {"code": "another"}]
    )
    def test_refuses_an_answer_that_is_not_of_its_gateway(
        self, browser: FlaskClient, gateway: SmallGateway, changes: dict[str, str]
    ) -> None:
        asked = set_out(browser, gateway)
        answer = come_back(browser, gateway, asked["state"], changes)
        assert (answer.status_code, is_signed_in(browser)) == (400, False)
        assert TEXTS["tr"]["failed"] in answer.text

    def test_takes_an_answer_only_once(self, browser: FlaskClient, gateway: SmallGateway) -> None:
        asked = set_out(browser, gateway)
        come_back(browser, gateway, asked["state"])
        assert come_back(browser, gateway, asked["state"]).status_code == 400

    @pytest.mark.parametrize(
        "claims",
        [
            {"nonce": "another"},
            {"aud": "another"},
            {"iss": "https://another.example"},
            {"exp": int(time.time()) - 3600},
            {"sub": "p2"},
        ],
    )
    def test_refuses_an_id_token_that_does_not_hold(
        self, browser: FlaskClient, gateway: SmallGateway, claims: dict[str, Any]
    ) -> None:
        gateway.id_claims = claims
        asked = set_out(browser, gateway)
        assert come_back(browser, gateway, asked["state"]).status_code == 400
        assert not is_signed_in(browser)

    def test_refuses_a_foreign_signature(self, browser: FlaskClient, gateway: SmallGateway) -> None:
        gateway.published = KeySet([ECKey.generate_key("P-256", {"kid": "1"})])
        asked = set_out(browser, gateway)
        assert come_back(browser, gateway, asked["state"]).status_code == 400

    def test_says_that_nothing_was_shared(self, browser: FlaskClient, gateway: SmallGateway) -> None:
        asked = set_out(browser, gateway, "/en/hizmet/su-borcu")
        answer = browser.get(
            "/giris/donus", query_string={"error": "access_denied", "state": asked["state"], "iss": gateway.issuer}
        )
        assert (answer.status_code, is_signed_in(browser)) == (403, False)
        assert TEXTS["en"]["denied"] in answer.text

    def test_says_that_the_gateway_is_away(self, gateway: SmallGateway) -> None:
        alone = Institution("A", "university", "http://localhost:8002", "http://127.0.0.1:9", "a", gateway.client_key)
        answer = create_app(alone).test_client().get("/hizmet/not-dokumu")
        assert answer.status_code == 503
        assert "ulaşılamıyor" in answer.text


def form_of(browser: FlaskClient, value: str) -> tuple[str, dict[str, str]]:
    """Return address and fields of the sign-out form whose button has this value."""
    page = BeautifulSoup(browser.get("/").text, "html.parser")
    button = page.find("button", attrs={"value": value})
    assert button is not None
    form = button.find_parent("form")
    assert form is not None
    fields = {str(field["name"]): str(field["value"]) for field in form.find_all("input")}
    return str(form["action"]), fields | {"where": value}


class TestSignOut:
    def test_ends_the_session_of_this_site(self, browser: FlaskClient, gateway: SmallGateway) -> None:
        sign_in(browser, gateway)
        address, fields = form_of(browser, "here")
        assert browser.post(address, data=fields).location == "/cikis/tamam"
        assert not is_signed_in(browser)

    def test_goes_on_to_the_gateway_with_the_id_token_in_the_form_not_in_the_address(
        self, browser: FlaskClient, gateway: SmallGateway
    ) -> None:
        sign_in(browser, gateway)
        address, fields = form_of(browser, "everywhere")
        answer = browser.post(address, data=fields)
        assert (answer.status_code, answer.location) == (307, f"{gateway.issuer}/end-session")
        assert fields["id_token_hint"].count(".") == 2
        assert fields["post_logout_redirect_uri"] == "http://localhost:8001/cikis/tamam"
        page = browser.get("/cikis/tamam", query_string={"state": fields["state"]}).text
        assert TEXTS["tr"]["signed_out_everywhere_body"] in unescape(page)
        assert not is_signed_in(browser)

    def test_refuses_a_form_of_another_site(self, browser: FlaskClient, gateway: SmallGateway) -> None:
        sign_in(browser, gateway)
        assert browser.post("/cikis", data={"where": "here"}).status_code == 400
        assert is_signed_in(browser)


class TestBackchannelLogout:
    def test_ends_the_session_named_by_sid(self, app: Flask, gateway: SmallGateway) -> None:
        ending, staying = app.test_client(), app.test_client()
        sign_in(ending, gateway)
        gateway.id_claims = {"sid": "s2"}
        sign_in(staying, gateway)
        answer = app.test_client().post("/backchannel-logout", data={"logout_token": gateway.logout_token()})
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
        assert not is_signed_in(ending)
        assert is_signed_in(staying)

    def test_ends_all_sessions_of_a_subject_named_without_sid(self, app: Flask, gateway: SmallGateway) -> None:
        browser = app.test_client()
        sign_in(browser, gateway)
        app.test_client().post("/backchannel-logout", data={"logout_token": gateway.logout_token(sid=None)})
        assert not is_signed_in(browser)

    def test_lets_nobody_in_on_a_session_that_has_ended(self, browser: FlaskClient, gateway: SmallGateway) -> None:
        asked = set_out(browser, gateway)
        browser.post("/backchannel-logout", data={"logout_token": gateway.logout_token()})
        come_back(browser, gateway, asked["state"])
        assert not is_signed_in(browser)

    @pytest.mark.parametrize(
        "changes",
        [
            {"iss": "https://another.example"},
            {"aud": "another"},
            {"aud": None},
            {"iat": 1, "exp": 2},
            {"exp": None},
            {"jti": None},
            {"events": {}},
            {"events": None},
            {"nonce": "n"},
            {"sub": None, "sid": None},
            {"typ": "JWT"},
        ],
    )
    def test_refuses_a_token_that_does_not_hold(
        self, browser: FlaskClient, gateway: SmallGateway, changes: dict[str, Any]
    ) -> None:
        sign_in(browser, gateway)
        answer = browser.post("/backchannel-logout", data={"logout_token": gateway.logout_token(**changes)})
        assert answer.status_code == 400
        assert is_signed_in(browser)

    @pytest.mark.parametrize("token", ["", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
    def test_refuses_what_is_no_token(self, browser: FlaskClient, token: str) -> None:
        assert browser.post("/backchannel-logout", data={"logout_token": token}).status_code == 400

    def test_takes_a_token_only_once(self, browser: FlaskClient, gateway: SmallGateway) -> None:
        token = gateway.logout_token()
        assert browser.post("/backchannel-logout", data={"logout_token": token}).status_code == 200
        assert browser.post("/backchannel-logout", data={"logout_token": token}).status_code == 400

    def test_learns_a_new_key_of_the_gateway(self, browser: FlaskClient, gateway: SmallGateway) -> None:
        sign_in(browser, gateway)
        gateway.key = ECKey.generate_key("P-256", {"kid": "2"})
        assert browser.post("/backchannel-logout", data={"logout_token": gateway.logout_token()}).status_code == 200


class TestPages:
    @pytest.mark.parametrize("address", ["/", "/en/", "/nowhere", "/cikis/tamam"])
    def test_are_protected_and_set_no_cookie_on_strangers(self, browser: FlaskClient, address: str) -> None:
        answer = browser.get(address)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "Set-Cookie" not in answer.headers

    def test_say_when_a_service_is_not_theirs(self, browser: FlaskClient) -> None:
        assert browser.get("/hizmet/not-dokumu").status_code == 404

    def test_bear_nonsense(self, browser: FlaskClient) -> None:
        assert browser.post("/cikis", data={"where": "x" * 100_000}).status_code in (302, 413)
        assert browser.get("/giris/donus", query_string="state=%00&iss=%ff").status_code == 400


class TestTexts:
    def test_say_the_same_things_in_both_languages(self) -> None:
        assert TEXTS["tr"].keys() == TEXTS["en"].keys()


class TestOffers:
    @pytest.mark.parametrize("kind", ["municipality", "university"])
    def test_are_what_the_catalogue_promises(self, kind: str) -> None:
        prefix = f"{{{kind}}}/hizmet/"
        with (DATA / "services.csv").open(encoding="utf-8", newline="") as file:
            promised = {
                row["channel_web"].removeprefix(prefix)
                for row in csv.DictReader(file)
                if row["channel_web"].startswith(prefix)
            }
        assert promised == BY_KIND[kind].keys()
