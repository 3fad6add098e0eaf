"""`acr_values` and an essential `acr`: the stronger proof is asked for in the same session (RFC 9470)."""

import base64
import json
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from bs4 import BeautifulSoup
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings

from kapi.contexts.identity.values import CertificateSettings, PersonId
from kapi.contexts.openid.values.clients import RegisteredClient
from tests.certificates import Issuer
from tests.contexts.openid.openid_in_tests import add_client
from tests.passkeys import SoftPasskey
from tests.sites.login.pages import fill_in, words
from tests.sites.login.test_authenticators import add, show
from tests.sites.login.test_openid import authorize, exchange, pending_of

pytestmark = pytest.mark.django_db
LOW, SUBSTANTIAL, PHR = "urn:kapi:loa:low", "urn:kapi:loa:substantial", "phr"
BEYOND = "urn:kapi:loa:high"
ESSENTIAL = {"claims": json.dumps({"id_token": {"acr": {"essential": True, "values": [SUBSTANTIAL]}}})}


@pytest.fixture
def rp(citizen: PersonId, now: datetime) -> RegisteredClient:
    """A client with a secret."""
    return add_client(now=now, client_id="belediye")


@pytest.fixture
def passkey(signed_in: Client) -> SoftPasskey:
    """A passkey of the citizen's, whose browser is signed in by password."""
    passkey = SoftPasskey()
    add(signed_in, passkey)
    return passkey


def answer_of(browser: Client, answer: Any) -> dict[str, str]:
    """Agree to the sharing where it is asked for; return what the institution is answered."""
    if answer["Location"].startswith("/giris/onay/"):
        answer = browser.post(answer["Location"], {"decision": "allow"})
    assert answer["Location"].startswith("https://"), answer["Location"]
    return dict(parse_qsl(urlsplit(answer["Location"]).query))


def claims(rp: RegisteredClient, answer: dict[str, str]) -> dict[str, Any]:
    """Redeem the code and return what the ID token says."""
    payload = exchange(Client(), rp, answer["code"]).json()["id_token"].split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(payload + "==")))


def step_up(browser: Client, passkey: SoftPasskey, answer: Any) -> Any:
    """Show the passkey where the answer leads to, and go on."""
    assert answer["Location"].startswith("/giris/?")
    address = answer["Location"].replace("/giris/?", "/giris/gecis-anahtari/?")
    return browser.get(show(browser, passkey, address)["Location"])


class TestStepUp:
    @pytest.mark.parametrize("wanted", [SUBSTANTIAL, PHR, f"{BEYOND} {PHR} {SUBSTANTIAL}"])
    def test_asks_for_the_passkey_in_the_same_session(
        self, signed_in: Client, passkey: SoftPasskey, rp: RegisteredClient, wanted: str
    ) -> None:
        before = claims(rp, answer_of(signed_in, authorize(signed_in)))
        assert before["acr"] == LOW
        asked = authorize(signed_in, acr_values=wanted)
        page = signed_in.get(asked["Location"])
        assert "Burada daha güçlü bir kimlik doğrulaması isteniyor" in words(page)
        after = claims(rp, answer_of(signed_in, step_up(signed_in, passkey, asked)))
        assert after["acr"] == wanted.removeprefix(f"{BEYOND} ").split()[0]
        assert after["amr"] == ["mfa", "pop", "user"]
        assert (after["sid"], after["sub"]) == (before["sid"], before["sub"])
        assert after["auth_time"] >= before["auth_time"]

    def test_is_not_asked_for_where_the_session_is_strong_enough(
        self, signed_in: Client, passkey: SoftPasskey, rp: RegisteredClient
    ) -> None:
        answer_of(signed_in, step_up(signed_in, passkey, authorize(signed_in, acr_values=SUBSTANTIAL)))
        again = authorize(signed_in, acr_values=PHR)
        assert claims(rp, answer_of(signed_in, again))["acr"] == PHR
        assert claims(rp, answer_of(signed_in, authorize(signed_in, acr_values=f"x {LOW}")))["acr"] == LOW

    def test_follows_a_sign_in_by_password_that_was_not_enough(
        self, signed_in: Client, passkey: SoftPasskey, rp: RegisteredClient
    ) -> None:
        browser = Client(REMOTE_ADDR="198.51.100.7")
        asked = authorize(browser, acr_values=SUBSTANTIAL)
        assert "Burada daha güçlü" in words(browser.get(asked["Location"]))
        asked = browser.get(fill_in(browser, path=asked["Location"])["Location"])
        assert "yeniden=1" in asked["Location"]
        assert claims(rp, answer_of(browser, step_up(browser, passkey, asked)))["acr"] == SUBSTANTIAL

    def test_may_be_left_out_and_the_token_then_says_what_there_is(
        self, signed_in: Client, passkey: SoftPasskey, rp: RegisteredClient
    ) -> None:
        asked = authorize(signed_in, acr_values=SUBSTANTIAL)
        assert "Daha güçlü doğrulama olmadan devam et" in words(signed_in.get(asked["Location"]))
        resumption = signed_in.post(f"/giris/boyle-devam/{pending_of(asked)}/")
        assert resumption.status_code == 303
        told = claims(rp, answer_of(signed_in, signed_in.get(resumption["Location"])))
        assert (told["acr"], told["amr"]) == (LOW, ["pwd"])

    @pytest.mark.parametrize("wanted", [SUBSTANTIAL, BEYOND, "urn:somebody:elses"])
    def test_is_not_asked_of_who_has_nothing_stronger(
        self, signed_in: Client, rp: RegisteredClient, wanted: str
    ) -> None:
        assert claims(rp, answer_of(signed_in, authorize(signed_in, acr_values=wanted)))["acr"] == LOW

    def test_is_let_go_where_no_page_is_allowed(
        self, signed_in: Client, passkey: SoftPasskey, rp: RegisteredClient
    ) -> None:
        answer_of(signed_in, authorize(signed_in))
        silent = answer_of(signed_in, authorize(signed_in, acr_values=SUBSTANTIAL, prompt="none"))
        assert claims(rp, silent)["acr"] == LOW


class TestEssential:
    def test_is_asked_for_and_told(self, signed_in: Client, passkey: SoftPasskey, rp: RegisteredClient) -> None:
        asked = authorize(signed_in, **ESSENTIAL)
        assert claims(rp, answer_of(signed_in, step_up(signed_in, passkey, asked)))["acr"] == SUBSTANTIAL

    def test_is_offered_to_who_has_nothing_stronger_with_a_way_back(
        self, signed_in: Client, rp: RegisteredClient
    ) -> None:
        asked = authorize(signed_in, **ESSENTIAL)
        assert asked["Location"] == f"/giris/daha-guclu/{pending_of(asked)}/"
        page = signed_in.get(asked["Location"])
        assert "Geçiş anahtarı ekle" in words(page)
        resumption = signed_in.post(f"/giris/boyle-devam/{pending_of(asked)}/")
        answer = answer_of(signed_in, signed_in.get(resumption["Location"]))
        assert answer["error"] == "unmet_authentication_requirements"

    def test_who_adds_a_passkey_there_goes_on_with_it(self, signed_in: Client, rp: RegisteredClient) -> None:
        page = signed_in.get(authorize(signed_in, **ESSENTIAL)["Location"])
        link = BeautifulSoup(page.content, "html.parser").select_one("main li a[href^='/hesabim/giris-yontemleri/']")
        assert link is not None
        passkey = SoftPasskey()
        added = add(signed_in, passkey, path=str(link["href"]))
        asked = signed_in.get(added["Location"])
        assert claims(rp, answer_of(signed_in, step_up(signed_in, passkey, asked)))["acr"] == SUBSTANTIAL

    def test_is_an_error_where_nothing_that_can_be_added_would_do(
        self, signed_in: Client, rp: RegisteredClient
    ) -> None:
        beyond = {"claims": json.dumps({"id_token": {"acr": {"essential": True, "values": [BEYOND, "urn:else"]}}})}
        answer = answer_of(signed_in, authorize(signed_in, **beyond))
        assert answer["error"] == "unmet_authentication_requirements"

    def test_the_highest_is_asked_for_where_certificates_are_trusted(
        self, signed_in: Client, rp: RegisteredClient, settings: Settings
    ) -> None:
        issuers = (Issuer().trusted(),)
        settings.CERTIFICATES = CertificateSettings(site="http://localhost:8000", issuers=issuers)
        for wish in ({"acr_values": BEYOND}, {"claims": ESSENTIAL["claims"].replace(SUBSTANTIAL, BEYOND)}):
            asked = authorize(signed_in, **wish)
            page = signed_in.get(asked["Location"])
            assert "Diğer giriş yolları" in words(page)
            assert "Şifre de geçiş anahtarı da bu kurum için yeterli değil" in words(page)

    def test_the_offer_is_one_browsers(self, signed_in: Client, rp: RegisteredClient) -> None:
        asked = authorize(signed_in, **ESSENTIAL)
        assert Client().get(asked["Location"]).status_code == 400
        signed_in.cookies.pop(django_settings.SESSION_COOKIE_NAME)
        assert "/oidc/resume/" in signed_in.get(asked["Location"])["Location"]

    def test_is_an_error_for_who_goes_on_without(
        self, signed_in: Client, passkey: SoftPasskey, rp: RegisteredClient
    ) -> None:
        asked = authorize(signed_in, **ESSENTIAL)
        resumption = signed_in.post(f"/giris/boyle-devam/{pending_of(asked)}/")
        answer = answer_of(signed_in, signed_in.get(resumption["Location"]))
        assert answer["error"] == "unmet_authentication_requirements"

    def test_needs_a_page(self, signed_in: Client, passkey: SoftPasskey, rp: RegisteredClient) -> None:
        answer = answer_of(signed_in, authorize(signed_in, prompt="none", **ESSENTIAL))
        assert answer["error"] == "login_required"


class TestGoOnWithout:
    def test_knows_only_requests_of_this_browser(
        self, signed_in: Client, passkey: SoftPasskey, rp: RegisteredClient
    ) -> None:
        asked = authorize(signed_in, acr_values=SUBSTANTIAL)
        assert Client().post(f"/giris/boyle-devam/{pending_of(asked)}/").status_code == 400
        assert signed_in.get(f"/giris/boyle-devam/{pending_of(asked)}/").status_code == 405


class TestDiscovery:
    def test_lists_what_can_be_asked_for(self, client: Client) -> None:
        document = client.get("/.well-known/openid-configuration").json()
        assert document["acr_values_supported"] == [SUBSTANTIAL, LOW, PHR]
