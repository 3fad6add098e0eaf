"""The page of the second step."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from kapi.contexts.identity import selectors
from kapi.contexts.identity.models import Authenticator, BegunSignIn, SentCode, Session
from kapi.contexts.identity.values import AuthenticatorId, PersonId
from tests import people
from tests.authenticator_apps import App, add_app, print_codes
from tests.sent_codes import EMAIL, PHONE, add_contact, add_step, code_in_mailbox, hand_over, wrong_code
from tests.sites.login.pages import fill_in, mistakes, words

HERE, RECOVERY = "/giris/ikinci-adim/", "/giris/ikinci-adim/?kurtarma=1"


@pytest.fixture
def app(citizen: PersonId, now: datetime) -> App:
    """The citizen's app, added a while ago; no code of these minutes is used up."""
    started = people.sign_in(now=now, address="203.0.113.9")
    made = add_app(started.signed_in, now=now)
    Authenticator.objects.update(counter=0)
    return made


@pytest.fixture
def codes(app: App, citizen: PersonId, now: datetime) -> tuple[str, ...]:
    """Their printed codes."""
    session = selectors.sessions_of(person_id=citizen, now=now)[0]
    return print_codes(selectors.get_session(session_id=session.session_id, now=now), now=now)


def send(browser: Client, code: str, path: str = HERE) -> Any:
    """Send the form of the second step."""
    return browser.post(path, {"code": code})


def code_field(answer: Any) -> Any:
    """Return the field of the code."""
    return BeautifulSoup(answer.content, "html.parser").select_one("input#code")


def code_now(app: App) -> str:
    """Return what the app shows at this moment; it is good for half a minute more at least."""
    return app.code(timezone.now())


class TestSignIn:
    def test_leads_to_the_second_step_and_signs_nobody_in(self, browser: Client, app: App) -> None:
        answer = fill_in(browser, path="/giris/?sonra=/hesabim/oturumlar/")
        assert unquote(answer["Location"]) == "/giris/ikinci-adim/?sonra=/hesabim/oturumlar/"
        assert settings.SESSION_COOKIE_NAME not in browser.cookies
        assert browser.get("/hesabim/").status_code == 302

    def test_keeps_what_was_begun_from_scripts_and_for_ten_minutes(self, browser: Client, app: App) -> None:
        fill_in(browser)
        cookie = browser.cookies[settings.BEGUN_COOKIE_NAME]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert 300 < int(cookie["max-age"]) <= 600

    def test_says_the_same_of_wrong_passwords_as_without_an_app(self, browser: Client, app: App) -> None:
        told = words(fill_in(browser, password="wrong"))
        assert told.replace(people.NUMBER.digits, "") == words(
            fill_in(Client(), number=people.NOBODYS_NUMBER.digits, password="wrong")
        ).replace(people.NOBODYS_NUMBER.digits, "")


class TestSecondStep:
    def test_asks_for_the_code_in_a_field_that_telephones_fill(self, browser: Client, app: App) -> None:
        fill_in(browser)
        field = code_field(browser.get(HERE))
        assert (field["autocomplete"], field["inputmode"]) == ("one-time-code", "numeric")
        assert "maxlength" not in field.attrs

    def test_signs_in_and_goes_on(self, browser: Client, app: App) -> None:
        fill_in(browser, path="/giris/?sonra=/hesabim/oturumlar/")
        answer = send(browser, code_now(app), f"{HERE}?sonra=/hesabim/oturumlar/")
        assert answer["Location"] == "/hesabim/oturumlar/"
        assert browser.get("/hesabim/oturumlar/").status_code == 200
        assert not browser.cookies[settings.BEGUN_COOKIE_NAME].value
        assert not BegunSignIn.objects.exists()

    def test_takes_a_pasted_code_with_blanks(self, browser: Client, app: App) -> None:
        fill_in(browser)
        code = code_now(app)
        assert send(browser, f" {code[:3]} {code[3:]} ").status_code == 302

    @pytest.mark.parametrize(
        ("typed", "beginning"), [("", "Kodu yazın"), ("  ", "Kodu yazın"), ("12", "Bu kod doğru değil")]
    )
    def test_says_what_is_wrong(self, browser: Client, app: App, typed: str, beginning: str) -> None:
        fill_in(browser)
        answer = send(browser, typed)
        assert answer.status_code == 422
        [(text, href)] = mistakes(answer)
        assert text.startswith(beginning)
        assert href == "#code"
        assert "value" not in code_field(answer).attrs

    def test_lets_nobody_in_with_a_wrong_code(self, browser: Client, app: App) -> None:
        fill_in(browser)
        assert send(browser, app.wrong_code(timezone.now())).status_code == 422
        assert browser.get("/hesabim/").status_code == 302

    def test_asks_to_wait_after_many(self, browser: Client, app: App) -> None:
        fill_in(browser)
        for _try in range(5):
            send(browser, "000")
        answer = send(browser, code_now(app))
        assert answer.status_code == 429
        assert int(answer["Retry-After"]) > 0

    def test_is_bound_to_the_browser(self, browser: Client, app: App) -> None:
        fill_in(browser)
        stranger = Client(headers={"User-Agent": people.FIREFOX})
        answer = send(stranger, code_now(app))
        assert answer["Location"] == "/giris/"
        assert stranger.get(HERE)["Location"] == "/giris/"

    def test_begins_again_when_it_has_taken_too_long(self, browser: Client, app: App) -> None:
        fill_in(browser, path="/giris/?sonra=/hesabim/")
        BegunSignIn.objects.update(
            proved_at=timezone.now() - timedelta(minutes=11), expires_at=timezone.now() - timedelta(seconds=1)
        )
        assert unquote(browser.get(f"{HERE}?sonra=/hesabim/")["Location"]) == "/giris/?sonra=/hesabim/"
        assert send(browser, code_now(app))["Location"] == "/giris/"

    def test_begins_again_when_the_app_was_removed_meanwhile(self, browser: Client, app: App) -> None:
        fill_in(browser)
        Authenticator.objects.all().delete()
        assert browser.get(HERE)["Location"] == "/giris/"

    def test_offers_no_recovery_code_to_who_has_none(self, browser: Client, app: App) -> None:
        fill_in(browser)
        assert "kurtarma kodu" not in words(browser.get(HERE))
        assert code_field(browser.get(RECOVERY))["inputmode"] == "numeric"

    def test_speaks_english(self, browser: Client, app: App) -> None:
        assert fill_in(browser, path="/en/giris/")["Location"] == "/en/giris/ikinci-adim/"
        assert "Enter the code of your app" in words(browser.get("/en/giris/ikinci-adim/"))


class TestRecoveryCode:
    def test_signs_in_once(self, browser: Client, app: App, codes: tuple[str, ...]) -> None:
        fill_in(browser)
        assert "basılı bir kurtarma kodu" in words(browser.get(HERE))
        assert send(browser, codes[2].lower().replace("-", " "), RECOVERY).status_code == 302
        assert browser.get("/hesabim/").status_code == 200
        fill_in(browser, path="/giris/?yeniden=1")
        answer = send(browser, codes[2], RECOVERY)
        assert [href for _text, href in mistakes(answer)] == ["#code"]

    def test_stands_in_the_history(self, browser: Client, codes: tuple[str, ...]) -> None:
        fill_in(browser)
        send(browser, codes[0], RECOVERY)
        assert "Basılı bir kurtarma kodu kullanıldı" in words(browser.get("/hesabim/giris-gecmisi/"))


class TestSentCode:
    @pytest.fixture
    def step_id(self, citizen: PersonId, now: datetime, settings: Settings) -> AuthenticatorId:
        """A second step by text message."""
        settings.DEMO = True
        person = people.sign_in(now=now, address="203.0.113.9").signed_in
        return add_step(person, add_contact(person, now=now), now=now)

    def test_is_sent_when_asked_for_and_signs_in(
        self, browser: Client, step_id: AuthenticatorId, now: datetime
    ) -> None:
        fill_in(browser, path="/giris/?sonra=/hesabim/")
        here = f"{HERE}?sonra=/hesabim/"
        assert "05** *** ** 67" in words(browser.get(here))
        assert not SentCode.objects.filter(begun__isnull=False).exists()
        there = str(browser.post(here, {"send": "1"})["Location"])
        hand_over(now=timezone.now())
        shown = browser.get(there)
        assert code_field(shown)["autocomplete"] == "one-time-code"
        assert "Gönderildiği saat" in words(shown)
        code = code_in_mailbox(PHONE)
        assert browser.post(there, {"code": f"{code[:3]}-{code[3:]}"})["Location"] == "/hesabim/"
        assert browser.get("/hesabim/").status_code == 200

    def test_says_what_is_wrong_and_sends_another(self, browser: Client, step_id: AuthenticatorId) -> None:
        fill_in(browser)
        there = str(browser.post(HERE, {"send": "1"})["Location"])
        challenge_id = SentCode.objects.latest("pk").pk
        for _try in range(5):
            answer = browser.post(there, {"code": wrong_code(challenge_id)})
            assert answer.status_code == 422
        [(text, href)] = mistakes(answer)  # the fifth wrong one has destroyed it
        assert text.startswith("Bu, son gönderilen kod değil")
        assert href == "#send"
        assert browser.post(there, {"send": "1"}).status_code == 302
        assert SentCode.objects.latest("pk").pk != challenge_id

    def test_says_how_long_to_wait_when_too_many_were_sent(self, browser: Client, step_id: AuthenticatorId) -> None:
        fill_in(browser)
        for _code in range(2):
            browser.post(HERE, {"send": "1"})
        answer = browser.post(HERE, {"send": "1"})
        assert mistakes(answer)[0][0].startswith("Çok fazla kod istendi")
        assert "saniye sonra yeni bir kod isteyebilirsiniz" in words(answer)

    def test_is_one_of_the_ways_to_choose_from(
        self, browser: Client, app: App, codes: tuple[str, ...], citizen: PersonId, now: datetime
    ) -> None:
        session = selectors.sessions_of(person_id=citizen, now=now)[0]
        person = selectors.get_session(session_id=session.session_id, now=now)
        step_id = add_step(person, add_contact(person, EMAIL, now=now), now=now)
        fill_in(browser)
        first = browser.get(HERE)
        assert "Uygulamanızın kodunu yazın" in words(first)
        assert "d***@example.org adresine e-postayla kod gönder" in words(first)
        assert "basılı bir kurtarma kodu" in words(first)
        by_mail = browser.get(f"{HERE}?yol={step_id}")
        assert "Bana kod gönder" in words(by_mail)
        assert "Bunun yerine uygulamamın kodunu" in words(by_mail)


class TestProvingAgain:
    def test_asks_for_the_code_too_and_keeps_the_session(self, browser: Client, app: App) -> None:
        fill_in(browser)
        send(browser, code_now(app))
        session = Session.objects.latest("pk")
        Authenticator.objects.update(counter=0)
        answer = fill_in(browser, path="/giris/?yeniden=1&sonra=/hesabim/")
        assert unquote(answer["Location"]) == "/giris/ikinci-adim/?sonra=/hesabim/&yeniden=1"
        assert send(browser, code_now(app), str(answer["Location"]))["Location"] == "/hesabim/"
        assert Session.objects.latest("pk") == session
        assert browser.get("/hesabim/").status_code == 200
