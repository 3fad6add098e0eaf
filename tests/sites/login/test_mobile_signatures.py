"""The pages of a mobile signature."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings

from kapi.contexts.identity import selectors
from kapi.contexts.identity.models import MobileSignature
from kapi.contexts.identity.values import AssuranceLevel, CertificateSettings, CertificateUse, MobileState, PersonId
from kapi.jobs import ask_mobile_signatures
from kapi.kernel.contacts import MobileNumber
from tests import people
from tests.certificates import Issuer, Responder, serve
from tests.sites.login.pages import mistakes, words
from tests.telephones import ANOTHER, DOWN, NOBODYS, REFUSES, SIGNS, Supplier

HERE = "/giris/mobil-imza/"
LATER = timedelta(seconds=30)


@pytest.fixture
def supplier(now: datetime, settings: Settings, tmp_path: Path) -> Iterator[Supplier]:
    """A supplier in use, and an issuer that vouches for its telephones."""
    issuer = Issuer()
    trusted = issuer.trusted(CertificateUse.MOBILE_SIGNATURE)
    settings.CERTIFICATES = CertificateSettings(site="http://localhost:8000", issuers=(trusted,))
    settings.MOBILE_SIGNER = "kapi.contexts.identity.providers.dummy.DummySigner"
    settings.DUMMY_TELEPHONES, settings.ALLOW_PRIVATE_ADDRESSES = tmp_path, True
    with serve(Responder(issuer, now)) as responder:
        yield Supplier(tmp_path, responder)


def send(browser: Client, phone: MobileNumber = SIGNS, path: str = HERE, number: str = people.NUMBER.digits) -> Any:
    """Send the form and go where it leads."""
    return browser.post(path, {"identity_number": number, "phone": phone.shown}, follow=True)


def form(page: Any, ending: str = "") -> str:
    """Return where a form of the page goes."""
    actions = [str(each["action"]) for each in BeautifulSoup(page.content, "html.parser").select("main form")]
    return next(action for action in actions if "/vazgec/" in action) if ending else actions[0]


def wait_for_it(now: datetime) -> None:
    """Let the telephone's owner do what they do, and the job hear of it."""
    ask_mobile_signatures.run(now=now + LATER)


class TestSignIn:
    def test_shows_the_code_and_goes_on_once_it_is_signed(
        self, browser: Client, citizen: PersonId, supplier: Supplier, now: datetime
    ) -> None:
        page = send(browser, path=f"{HERE}?sonra=/hesabim/oturumlar/")
        row = MobileSignature.objects.get()
        assert row.code in words(page)
        assert "henüz imzalamadı" in words(browser.post(form(page)))
        wait_for_it(now)
        answer = browser.post(form(page))
        assert (answer.status_code, answer["Location"]) == (302, "/hesabim/oturumlar/")
        token = browser.cookies[django_settings.SESSION_COOKIE_NAME].value
        person = selectors.find_session(token=token, now=now)
        assert person is not None
        assert person.acr == AssuranceLevel.HIGH

    @pytest.mark.parametrize(("phone", "said"), [(REFUSES, "reddedildi"), (NOBODYS, "mobil imza yok")])
    def test_says_how_it_ended_and_offers_another_try(
        self, browser: Client, citizen: PersonId, supplier: Supplier, now: datetime, *, phone: MobileNumber, said: str
    ) -> None:
        page = send(browser, phone)
        wait_for_it(now)
        page = browser.get(page.request["PATH_INFO"])
        assert said in words(page)
        assert "Yeniden dene" in words(page)

    def test_says_that_the_supplier_is_down(self, browser: Client, citizen: PersonId, supplier: Supplier) -> None:
        page = send(browser, DOWN)
        assert page.status_code == 422
        assert "çalışmıyor" in mistakes(page)[0][0]

    def test_says_that_it_is_somebody_elses(
        self, browser: Client, citizen: PersonId, supplier: Supplier, now: datetime
    ) -> None:
        people.make_citizen(now=now, number=people.OTHER_NUMBER)
        page = send(browser, ANOTHER)
        wait_for_it(now)
        assert mistakes(browser.post(form(page)))[0][1] == "#phone"

    def test_says_what_is_wrong_with_the_numbers(self, browser: Client, supplier: Supplier, db: None) -> None:
        page = browser.post(HERE, {"identity_number": "1", "phone": "2"})
        assert [field for _text, field in mistakes(page)] == ["#identity_number", "#phone"]
        assert MobileSignature.objects.count() == 0

    def test_can_be_cancelled(self, browser: Client, citizen: PersonId, supplier: Supplier, now: datetime) -> None:
        page = send(browser)
        assert browser.post(form(page, "vazgec"))["Location"] == "/giris/"
        assert MobileSignature.objects.get().state == MobileState.CANCELLED

    def test_another_browser_sees_nothing_of_it(
        self, browser: Client, citizen: PersonId, supplier: Supplier, now: datetime
    ) -> None:
        page = send(browser)
        wait_for_it(now)
        stranger = Client()
        for answer in (stranger.get(form(page)), stranger.post(form(page)), stranger.post(form(page, "vazgec"))):
            assert answer["Location"].startswith(HERE)
        assert browser.post(form(page)).status_code == 302

    def test_no_number_stands_in_an_address(self, browser: Client, citizen: PersonId, supplier: Supplier) -> None:
        page = send(browser)
        addresses = " ".join([form(page), form(page, "vazgec"), page.request["PATH_INFO"]])
        assert SIGNS.digits[2:] not in addresses
        assert people.NUMBER.digits not in addresses

    def test_there_is_no_page_without_a_supplier(self, browser: Client, db: None) -> None:
        assert browser.get(HERE).status_code == 404
        assert HERE not in browser.get("/giris/").content.decode()


class TestProveAgain:
    def test_the_same_session_goes_on_higher(self, signed_in: Client, supplier: Supplier, now: datetime) -> None:
        page = send(signed_in, path=f"{HERE}?yeniden=1&sonra=/hesabim/")
        wait_for_it(now)
        assert signed_in.post(form(page))["Location"] == "/hesabim/"
        token = signed_in.cookies[django_settings.SESSION_COOKIE_NAME].value
        person = selectors.find_session(token=token, now=now)
        assert person is not None
        assert person.acr == AssuranceLevel.HIGH
