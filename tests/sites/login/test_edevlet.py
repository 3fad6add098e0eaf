"""A program that was written for the e-Devlet gateway, moved here by changing host name and keys.

`Integration` does what integrators' programs do (docs/edevlet.md), and knows nothing else of us.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from django.test import Client as Browser
from django.utils import timezone
from pytest_django import Settings

from kapi.contexts.identity.selectors import find_session
from kapi.contexts.identity.values import PersonId, SignedIn
from kapi.contexts.openid.models import Client, Sharing
from kapi.contexts.openid.rules import limits
from kapi.contexts.openid.services.clients import close_client
from kapi.contexts.openid.services.sharing import withdraw_approval
from kapi.contexts.openid.services.suspension import suspend_client
from kapi.contexts.openid.values.clients import Profile, ScopeUse, SuspensionReason
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.limits.values import Budget
from kapi.sites.login.edevlet import CODES
from tests import people
from tests.contexts.openid.openid_in_tests import (
    ACTOR,
    EMAIL_BY_CONSENT,
    PHONE_BY_LAW,
    REDIRECT_URI,
    SCOPES,
    add_client,
)
from tests.sent_codes import EMAIL, PHONE, add_contact
from tests.sites.login.institutions import NUMBER_BY_CONSENT
from tests.sites.login.pages import words

pytestmark = pytest.mark.django_db
SERVER = "/OAuth2AuthorizationServer"
UUID = "3f2b8a52-6c1d-4a0e-9c57-1f6f0a9b2d11"


@pytest.fixture(autouse=True)
def _passwords_are_quick(settings: Settings) -> None:
    """Passwords are not what these tests are about."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


@dataclass
class Integration:
    """An institution's program as it is written for e-Devlet; of the gateway it knows a host name and its keys."""

    host: str
    client_id: str
    client_secret: str
    scope: str = "Kimlik-Dogrula;Ad-Soyad"

    def address(self, **changes: str | None) -> str:
        """Return where it sends the browser."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": REDIRECT_URI,
            "scope": self.scope,
            "state": "4e9b1c",
        } | changes
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        return f"{self.host}{SERVER}/AuthorizationController?{query}"

    def redeem(self, code: str, /, **changes: str) -> Any:
        """Ask for an access token."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT_URI,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        return send(f"{self.host}{SERVER}/AccessTokenController", form | changes)

    def who(self, access_token: str, /, **changes: str) -> Any:
        """Ask whom an access token stands for."""
        form = {"clientId": self.client_id, "accessToken": access_token, "resourceId": "1", "kapsam": "Ad-Soyad"}
        return send(f"{self.host}{SERVER}/AuthenticationController", form | changes)


def send(address: str, form: dict[str, str]) -> Any:
    """Send a form as programs do."""
    return Browser().post(address, urlencode(form), content_type="application/x-www-form-urlencoded")


@pytest.fixture
def integration(citizen: PersonId, now: datetime) -> Integration:
    """The program, with its keys."""
    registered = add_client(now=now, client_id=UUID, profile=Profile.EDEVLET)
    assert registered.secret is not None
    return Integration("", UUID, registered.secret)


def bring(browser: Browser, address: str, **answer_of_the_person: str) -> dict[str, str]:
    """Follow the program's address as a browser does, decide if asked, and return what the program is sent."""
    answer = browser.get(address)
    if "/giris/onay/" in answer.get("Location", ""):
        answer = browser.post(answer["Location"], {"decision": "allow"} | answer_of_the_person)
    assert answer["Location"].startswith(REDIRECT_URI), answer["Location"]
    return dict(parse_qsl(urlsplit(answer["Location"]).query))


def get_token(browser: Browser, integration: Integration) -> str:
    """Bring a citizen there and redeem the code."""
    answer = integration.redeem(bring(browser, integration.address())["code"]).json()
    return str(answer["access_token"])


class TestAProgramWrittenForEdevlet:
    def test_signs_a_citizen_in_with_nothing_changed_but_host_and_keys(
        self, signed_in: Browser, integration: Integration
    ) -> None:
        answer = bring(signed_in, integration.address())
        assert answer["state"] == "4e9b1c"
        tokens = integration.redeem(answer["code"])
        assert tokens.status_code == 200
        assert set(tokens.json()) == {"access_token", "token_type", "expires_in", "scope"}
        assert tokens.json()["scope"] == "Kimlik-Dogrula;Ad-Soyad"
        told = integration.who(tokens.json()["access_token"])
        assert told.json() == {
            "sonucKodu": "EDV09.000",
            "sonucAciklamasi": "İşlem başarılı.",
            "kullaniciBilgileri": {"kimlikNo": people.NUMBER.digits, "ad": "Deniz", "soyad": "Yılmaz"},
        }
        assert told["Cache-Control"] == tokens["Cache-Control"] == "no-store"

    def test_brings_the_citizen_through_sign_in_and_approval(self, browser: Browser, integration: Integration) -> None:
        page = browser.get(integration.address())
        assert page["Location"].startswith("/giris/?sonra=%2Foidc%2Fresume%2F")
        form = {"identity_number": people.NUMBER.digits, "password": people.PASSWORD}
        resumed = browser.get(browser.post(page["Location"], form)["Location"])
        shown = words(browser.get(resumed["Location"]))
        assert "Örnek Belediyesi" in shown
        assert "Kaydınızı bulmak" in shown

    def test_may_part_scopes_by_blanks(self, signed_in: Browser, integration: Integration) -> None:
        integration.scope = "Kimlik-Dogrula Ad-Soyad"
        assert "code" in bring(signed_in, integration.address())

    def test_gets_no_name_that_it_does_not_ask_for(self, signed_in: Browser, integration: Integration) -> None:
        integration.scope = "Kimlik-Dogrula"
        token = get_token(signed_in, integration)
        told = integration.who(token, kapsam="Kimlik-Dogrula").json()
        assert told["kullaniciBilgileri"] == {"kimlikNo": people.NUMBER.digits}

    def test_may_send_a_code_challenge_and_then_has_to_prove_it(
        self, signed_in: Browser, integration: Integration
    ) -> None:
        challenge, verifier = (
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
        )
        address = integration.address(code_challenge=challenge, code_challenge_method="S256")
        code = bring(signed_in, address)["code"]
        assert integration.redeem(code).json()["error"] == "invalid_grant"
        assert integration.redeem(code, code_verifier=verifier).status_code == 200

    def test_leaves_a_line_in_the_sharing_history_and_the_trail(
        self, signed_in: Browser, integration: Integration
    ) -> None:
        token = get_token(signed_in, integration)
        integration.who(token)
        integration.who(token)
        shared = Sharing.objects.get().scopes
        assert [scope["scope"] for scope in shared] == ["profile", "identity_number"]
        assert shared[1]["legal_basis"] == {"tr": "5393 sayılı Kanun m. 15"}
        assert AuditRecord.objects.filter(action="openid.attributes_shared", actor_id=UUID).count() == 1
        assert "Örnek Belediyesi" in words(signed_in.get("/hesabim/paylasimlar/"))

    def test_is_told_when_the_citizen_says_no(self, signed_in: Browser, integration: Integration) -> None:
        answer = bring(signed_in, integration.address(), decision="deny")
        assert (answer["error"], answer["state"]) == ("access_denied", "4e9b1c")

    def test_gets_nothing_for_a_token_once_the_citizen_has_taken_the_consent_back(
        self, signed_in: Browser, integration: Integration, citizen: PersonId
    ) -> None:
        token = get_token(signed_in, integration)
        withdraw_approval(person_id=citizen, client_id=UUID, actor=ACTOR, now=timezone.now())
        assert integration.who(token).json()["sonucKodu"] == CODES["invalid_token"]

    def test_gets_the_number_by_one_yes_for_it_knows_people_by_nothing_else(
        self, signed_in: Browser, now: datetime
    ) -> None:
        scopes = (SCOPES[0], SCOPES[1], NUMBER_BY_CONSENT)
        registered = add_client(now=now, client_id="riza", profile=Profile.EDEVLET, scopes=scopes)
        program = Integration("", "riza", str(registered.secret))
        answer = bring(signed_in, program.address(), choosing="1")  # whoever ticks nothing of what may be left out
        tokens = program.redeem(answer["code"]).json()
        assert tokens["scope"] == "Kimlik-Dogrula"
        told = program.who(tokens["access_token"], kapsam="Kimlik-Dogrula").json()
        assert told["kullaniciBilgileri"] == {"kimlikNo": people.NUMBER.digits}


class TestContacts:
    """`Iletisim-Bilgileri`: what the person has shown to be theirs, of what the client is registered for."""

    ALL = "Kimlik-Dogrula;Iletisim-Bilgileri"

    @pytest.fixture
    def owner(self, signed_in: Browser) -> SignedIn:
        """Who sits before the browser."""
        session = find_session(token=signed_in.cookies["kapi_session"].value, now=timezone.now())
        assert session is not None
        return session

    def program(self, now: datetime, *uses: ScopeUse) -> Integration:
        """Register one for contacts."""
        scopes = (SCOPES[0], SCOPES[2], *uses)
        registered = add_client(now=now, client_id="iletisim", profile=Profile.EDEVLET, scopes=scopes)
        return Integration("", "iletisim", str(registered.secret), self.ALL)

    def test_are_given_and_written_down(self, signed_in: Browser, owner: SignedIn, now: datetime) -> None:
        add_contact(owner, PHONE, now=timezone.now())
        add_contact(owner, EMAIL, now=timezone.now())
        program = self.program(now, PHONE_BY_LAW, EMAIL_BY_CONSENT)
        tokens = program.redeem(bring(signed_in, program.address())["code"]).json()
        assert tokens["scope"] == self.ALL
        told = program.who(tokens["access_token"], kapsam="Iletisim-Bilgileri").json()
        assert told["kullaniciBilgileri"] == {
            "kimlikNo": people.NUMBER.digits,
            "cepTelefonu": "+905311234567",
            "eposta": EMAIL.text,
        }
        shared = {scope["scope"]: scope for scope in Sharing.objects.get().scopes}
        assert set(shared) == {"identity_number", "email", "phone"}
        assert shared["phone"]["legal_basis"] == PHONE_BY_LAW.legal_basis.stored()

    def test_are_shown_before_they_are_given_and_may_be_left_out(
        self, signed_in: Browser, owner: SignedIn, now: datetime
    ) -> None:
        add_contact(owner, EMAIL, now=timezone.now())
        program = self.program(now, PHONE_BY_LAW, EMAIL_BY_CONSENT)
        page = signed_in.get(program.address())["Location"]
        shown = words(signed_in.get(page))
        assert "E-posta adresi Bilginiz d***@example.org" in shown
        assert "Cep telefonu Bilginiz burada kayıtlı değil" in shown
        code = bring(signed_in, program.address(), choosing="1")["code"]  # who ticks nothing of what may be left out
        tokens = program.redeem(code).json()
        assert tokens["scope"] == self.ALL  # the telephone is given by law; that there is none is no refusal
        told = program.who(tokens["access_token"], kapsam="Iletisim-Bilgileri").json()
        assert told["kullaniciBilgileri"] == {"kimlikNo": people.NUMBER.digits}

    def test_are_those_alone_that_the_client_is_registered_for(
        self, signed_in: Browser, owner: SignedIn, now: datetime
    ) -> None:
        add_contact(owner, PHONE, now=timezone.now())
        add_contact(owner, EMAIL, now=timezone.now())
        program = self.program(now, EMAIL_BY_CONSENT)
        tokens = program.redeem(bring(signed_in, program.address())["code"]).json()
        told = program.who(tokens["access_token"], kapsam="Iletisim-Bilgileri").json()
        assert set(told["kullaniciBilgileri"]) == {"kimlikNo", "eposta"}

    def test_are_refused_where_the_person_left_out_all_of_them(
        self, signed_in: Browser, owner: SignedIn, now: datetime
    ) -> None:
        program = self.program(now, EMAIL_BY_CONSENT)
        tokens = program.redeem(bring(signed_in, program.address(), choosing="1")["code"]).json()
        assert tokens["scope"] == "Kimlik-Dogrula"
        told = program.who(tokens["access_token"], kapsam="Iletisim-Bilgileri").json()
        assert told["sonucKodu"] == CODES["invalid_scope"]


class TestAuthorizationController:
    def test_shows_a_page_where_nothing_can_be_sent_back(self, signed_in: Browser, integration: Integration) -> None:
        cases: list[tuple[dict[str, str | None], str]] = [
            ({"state": None}, "state_missing"),
            ({"redirect_uri": REDIRECT_URI + "/"}, "redirect_uri_not_registered"),
            ({"redirect_uri": None}, "redirect_uri_not_registered"),
            ({"client_id": "kimse"}, "unknown_client"),
            ({"client_id": None}, "unknown_client"),
            ({"state": "x" * 2049}, "invalid_request"),
        ]
        for changes, code in cases:
            answer = signed_in.get(integration.address(**changes))
            assert (answer.status_code, code in words(answer)) == (400, True), changes

    def test_sends_other_refusals_back_with_the_state(self, signed_in: Browser, integration: Integration) -> None:
        cases: list[tuple[dict[str, str | None], str]] = [
            ({"response_type": "token"}, "unsupported_response_type"),
            ({"response_type": None}, "invalid_request"),
            ({"scope": "Kimlik-Dogrula;Iletisim-Bilgileri"}, "invalid_scope"),  # not registered for it
            ({"scope": "Kimlik-Dogrula;Adres-Bilgileri"}, "invalid_scope"),
            ({"scope": "Ad-Soyad"}, "invalid_scope"),
            ({"scope": ";"}, "invalid_scope"),
            ({"scope": None}, "invalid_scope"),
            ({"scope": "openid profile"}, "invalid_scope"),
            ({"code_challenge": "x" * 43, "code_challenge_method": "plain"}, "invalid_request"),
            ({"code_challenge": "x", "code_challenge_method": "S256"}, "invalid_request"),
        ]
        for changes, code in cases:
            answer = bring(signed_in, integration.address(**changes))
            assert (answer.get("error"), answer["state"]) == (code, "4e9b1c"), changes

    def test_refuses_who_is_registered_for_less(self, signed_in: Browser, now: datetime) -> None:
        add_client(now=now, client_id="az", profile=Profile.EDEVLET, scopes=(SCOPES[0], SCOPES[2]))
        assert bring(signed_in, Integration("", "az", "").address())["error"] == "invalid_scope"

    def test_is_for_clients_of_its_profile_alone(self, signed_in: Browser, now: datetime) -> None:
        add_client(now=now, client_id="baska")
        assert bring(signed_in, Integration("", "baska", "").address())["error"] == "unauthorized_client"

    def test_refuses_once_the_exception_has_ended(self, signed_in: Browser, integration: Integration) -> None:
        Client.objects.update(exception_ends_at=timezone.now())
        assert bring(signed_in, integration.address())["error"] == "unauthorized_client"

    def test_does_not_know_closed_clients(self, signed_in: Browser, integration: Integration, now: datetime) -> None:
        close_client(client_id=UUID, actor=ACTOR, now=now)
        assert "unknown_client" in words(signed_in.get(integration.address()))

    def test_says_that_a_client_is_suspended(self, signed_in: Browser, integration: Integration, now: datetime) -> None:
        suspend_client(client_id=UUID, reason=SuspensionReason.FAULT, actor=ACTOR, now=now)
        answer = signed_in.get(integration.address())
        assert (answer.status_code, "client_suspended" in words(answer)) == (403, True)

    def test_takes_no_form(self, signed_in: Browser, integration: Integration) -> None:
        assert signed_in.post(integration.address()).status_code == 405


class TestAccessTokenController:
    def test_refuses(self, signed_in: Browser, integration: Integration) -> None:
        code = bring(signed_in, integration.address())["code"]
        cases: list[tuple[dict[str, str], int, str]] = [
            ({"client_secret": "wrong"}, 401, "invalid_client"),
            ({"client_secret": ""}, 401, "invalid_client"),
            ({"client_id": "kimse"}, 401, "invalid_client"),
            ({"code": "unknown"}, 400, "invalid_grant"),
            ({"code": ""}, 400, "invalid_request"),
            ({"redirect_uri": REDIRECT_URI + "/"}, 400, "invalid_grant"),
            ({"redirect_uri": ""}, 400, "invalid_request"),
            ({"grant_type": "client_credentials"}, 400, "invalid_request"),
            ({"grant_type": ""}, 400, "invalid_request"),
        ]
        for changes, status, error in cases:
            answer = integration.redeem(code, **changes)
            assert (answer.status_code, answer.json()["error"]) == (status, error), changes
            assert set(answer.json()) == {"error", "error_description"}
        assert integration.redeem(code).status_code == 200  # nobody was robbed of the code by any of it

    def test_redeems_a_code_once_and_takes_back_what_the_first_one_got(
        self, signed_in: Browser, integration: Integration
    ) -> None:
        code = bring(signed_in, integration.address())["code"]
        token = integration.redeem(code).json()["access_token"]
        assert integration.redeem(code).json()["error"] == "invalid_grant"
        assert integration.who(token).json()["sonucKodu"] == CODES["invalid_token"]

    def test_refuses_another_clients_code(self, signed_in: Browser, integration: Integration, now: datetime) -> None:
        other = add_client(now=now, client_id="baska", profile=Profile.EDEVLET)
        code = bring(signed_in, integration.address())["code"]
        assert Integration("", "baska", str(other.secret)).redeem(code).json()["error"] == "invalid_grant"

    def test_refuses_a_secret_whose_day_has_come(self, signed_in: Browser, integration: Integration) -> None:
        code = bring(signed_in, integration.address())["code"]
        Client.objects.update(secret_ends_at=timezone.now())
        assert integration.redeem(code).json()["error"] == "invalid_client"

    def test_and_the_token_endpoint_do_not_redeem_each_others_codes(
        self, signed_in: Browser, integration: Integration, now: datetime
    ) -> None:
        code = bring(signed_in, integration.address())["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
        form |= {"client_id": UUID, "client_secret": integration.client_secret}
        assert send("/oidc/token", form).json()["error"] == "unauthorized_client"
        other = add_client(now=now, client_id="baska")
        assert Integration("", "baska", str(other.secret)).redeem(code).json()["error"] == "unauthorized_client"

    def test_neither_address_takes_anything_from_an_address(self, integration: Integration) -> None:
        for name in ("AccessTokenController", "AuthenticationController"):
            path = f"{SERVER}/{name}"
            asked = Browser().get(path, {"client_secret": integration.client_secret, "accessToken": "x"})
            assert (asked.status_code, asked["Allow"]) == (405, "POST")
            assert "never stand in an address" in asked.content.decode()
            beside = send(f"{path}?accessToken=x", {"client_id": UUID})
            assert "never stand in an address" in beside.content.decode()


class TestAuthenticationController:
    def test_refuses_in_its_envelope(self, signed_in: Browser, integration: Integration, now: datetime) -> None:
        add_client(now=now, client_id="baska", profile=Profile.EDEVLET)
        token = get_token(signed_in, integration)
        cases: list[tuple[dict[str, str], str]] = [
            ({"accessToken": ""}, "invalid_request"),
            ({"clientId": ""}, "invalid_request"),
            ({"resourceId": "2"}, "invalid_request"),
            ({"kapsam": ""}, "invalid_request"),
            ({"kapsam": "Adres-Bilgileri"}, "invalid_scope"),
            ({"accessToken": "a.b.c"}, "invalid_token"),
            ({"clientId": "kimse"}, "invalid_token"),
            ({"clientId": "baska"}, "invalid_token"),
        ]
        for changes, refusal in cases:
            answer = integration.who(token, **changes)
            assert (answer.status_code, answer.json()["sonucKodu"]) == (200, CODES[refusal]), changes
            assert set(answer.json()) == {"sonucKodu", "sonucAciklamasi"}
        assert not Sharing.objects.exists()

    def test_gives_no_name_that_was_not_granted(self, signed_in: Browser, integration: Integration) -> None:
        integration.scope = "Kimlik-Dogrula"
        token = get_token(signed_in, integration)
        assert integration.who(token).json()["sonucKodu"] == CODES["invalid_scope"]

    def test_refuses_a_token_of_another_way_of_asking(
        self, signed_in: Browser, integration: Integration, now: datetime
    ) -> None:
        token = get_token(signed_in, integration)
        Client.objects.filter(pk=UUID).update(profile=Profile.BASELINE)
        assert integration.who(token).json()["sonucKodu"] == CODES["invalid_token"]

    def test_refuses_once_the_exception_has_ended(self, signed_in: Browser, integration: Integration) -> None:
        token = get_token(signed_in, integration)
        Client.objects.update(exception_ends_at=timezone.now() - timedelta(seconds=1))
        assert integration.who(token).json()["sonucKodu"] == CODES["unauthorized_client"]

    def test_stops_hearing_who_brings_bad_tokens(
        self, integration: Integration, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "BAD_TOKENS", (Budget(2, timedelta(minutes=5)),))
        answers = [integration.who("a.b.c") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert answers[2].json()["sonucKodu"] == CODES["temporarily_unavailable"]
        assert int(answers[2]["Retry-After"]) > 0


class TestSignInLink:
    def go(self, browser: Browser, link: str, client_id: str = UUID) -> Any:
        """Follow a link as integrators' pages have it."""
        return browser.get("/Giris/gir?" + urlencode({"oauthClientId": client_id, "continue": link}))

    def test_leads_on_to_the_request(self, signed_in: Browser, integration: Integration) -> None:
        for host in ("", "http://localhost:8000"):
            answer = self.go(signed_in, host + integration.address())
            assert answer["Location"].startswith(f"{SERVER}/AuthorizationController?response_type=code&")
            assert "code" in bring(signed_in, answer["Location"])

    def test_leads_nowhere_else(self, signed_in: Browser, integration: Integration) -> None:
        path = "/OAuth2AuthorizationServer/AuthorizationController"
        for link in (
            "",
            f"https://evil.example{path}?client_id={UUID}",
            f"//evil.example{path}?client_id={UUID}",
            f"http://localhost:8000@evil.example{path}?client_id={UUID}",
            f"/\\evil.example{path}?client_id={UUID}",
            f"{path}/../../giris/?client_id={UUID}",
            f"/giris/?client_id={UUID}",
            f"javascript:alert(1)?client_id={UUID}",
            "http://[",
            f"{path}?client_id={UUID}&state=ş",
        ):
            answer = self.go(signed_in, link)
            assert (answer.status_code, "Location" in answer) == (400, False), link

    def test_is_of_one_client(self, signed_in: Browser, integration: Integration) -> None:
        assert self.go(signed_in, integration.address(), "baska").status_code == 400
