"""Choosing for whom one acts, and seeing it on every page."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from kapi.contexts.identity.models import LegalPerson
from kapi.contexts.identity.values import PersonId
from kapi.contexts.mandates.models import Inquiry, Mandate
from tests import people
from tests.contexts.mandates.fixtures import register
from tests.contexts.mandates.register_in_tests import BAKERY, MILL, NAMES, WrittenRegister
from tests.sites.login.pages import mistakes, words

__all__ = ["register"]

PAGE = "/kimin-adina/"
STRIP = f"{NAMES[BAKERY]} adına işlem yapıyorsunuz"


@pytest.fixture
def representative(register: WrittenRegister, signed_in: Client) -> Client:
    """The browser of somebody signed in who may act for the bakery in all services and for the mill in one."""
    register.says(
        (people.NUMBER, BAKERY, "2020-01-01", "", ""), (people.NUMBER, MILL, "2020-01-01", "2099-12-31", "su-borcu")
    )
    return signed_in


def strip(answer: Any) -> str:
    """Return what the page says about for whom one acts, empty if nothing."""
    found = BeautifulSoup(answer.content, "html.parser").select_one(".kapi-principal__text")
    return " ".join(found.get_text(" ").split()) if found else ""


def choose(browser: Client, company: str, **more: str) -> Any:
    browser.get(PAGE)
    return browser.post(PAGE, {"principal": LegalPerson.objects.get(name=NAMES[company]).pk, **more})


class TestActing:
    def test_lists_oneself_and_the_companies(self, representative: Client) -> None:
        text = words(representative.get(PAGE))
        assert "Kendi adıma: Deniz Yılmaz" in text
        assert f"{NAMES[BAKERY]} Vergi kimlik no ******0018 · tüm hizmetlerde" in text
        assert "yalnızca belirli hizmetlerde · 31 Aralık 2099 gününe kadar" in text
        assert BAKERY not in text

    def test_is_there_in_english(self, representative: Client) -> None:
        assert "For whom are you acting?" in words(representative.get("/en/kimin-adina/"))

    def test_switches_and_every_page_says_so(self, representative: Client) -> None:
        answer = choose(representative, BAKERY, sonra="/hesabim/")
        assert (answer.status_code, answer["Location"]) == (302, "/hesabim/")
        for path in ("/", "/hesabim/", "/ara?q=su", PAGE):
            assert strip(representative.get(path)) == STRIP, path
        assert strip(representative.get("/en/hesabim/")) == f"You are acting for {NAMES[BAKERY]}"

    def test_switches_back_from_any_page(self, representative: Client) -> None:
        choose(representative, BAKERY)
        page = BeautifulSoup(representative.get("/hesabim/").content, "html.parser")
        form = page.select_one(".kapi-principal form")
        assert form is not None
        button, place = form.select_one("button"), form.select_one("[name=sonra]")
        assert button is not None
        assert place is not None
        answer = representative.post(
            str(form["action"]), {str(button["name"]): str(button["value"]), "sonra": str(place["value"])}
        )
        assert answer["Location"] == "/hesabim/"
        assert strip(representative.get("/hesabim/")) == ""

    def test_is_refused_for_whom_one_does_not_represent(self, representative: Client, now: datetime) -> None:
        choose(representative, BAKERY)
        stranger = LegalPerson.objects.create(
            name="Yabancı A.Ş.", tax_number_digest="x", tax_number_sealed=b"", mersis_number_sealed=b"", created_at=now
        )
        for wrong in (str(stranger.pk), "999999", "", "x", "-1", "9" * 30):
            answer = representative.post(PAGE, {"principal": wrong})
            assert answer.status_code == 422
            assert [field for _text, field in mistakes(answer)] == ["#principal"]
        assert strip(representative.get("/")) == STRIP

    def test_leads_to_our_own_pages_only(self, representative: Client) -> None:
        assert choose(representative, BAKERY, sonra="https://evil.example/")["Location"] == "/sayfam/"

    def test_asks_for_a_sign_in_first(self, register: WrittenRegister, browser: Client, citizen: PersonId) -> None:
        asked = browser.get(PAGE)["Location"]
        assert asked.startswith("/giris/?sonra=")
        assert f'href="{asked}"' in browser.post(PAGE, {"principal": "1"}).content.decode()

    def test_says_that_one_represents_nobody(self, register: WrittenRegister, signed_in: Client) -> None:
        text = words(signed_in.get(PAGE))
        assert "Kendi adınıza işlem yapıyorsunuz: Deniz Yılmaz." in text
        assert "Sicilde, adına işlem yapabileceğiniz bir şirket görünmüyor." in text

    def test_says_that_there_is_no_register(self, signed_in: Client, settings: Settings) -> None:
        settings.REPRESENTATIVES_REGISTER = ""
        assert "bir şirket siciline bağlı değil" in words(signed_in.get(PAGE))


class TestRegisterDown:
    def test_is_said_and_what_is_known_is_offered(self, register: WrittenRegister, representative: Client) -> None:
        representative.get(PAGE)
        register.is_down()
        Inquiry.objects.update(answered_at=None)
        text = words(representative.get(PAGE))
        assert "Şirket sicili şu anda yanıt vermiyor." in text
        assert "Sicilin bize en son bildirdiği bilgilerle" in text
        assert choose(representative, BAKERY).status_code == 302

    def test_offers_nothing_beyond_its_term(
        self, register: WrittenRegister, representative: Client, now: datetime
    ) -> None:
        representative.get(PAGE)
        register.is_down()
        Inquiry.objects.update(answered_at=None)
        Mandate.objects.update(ends_at=now - timedelta(seconds=1))
        answer = choose(representative, BAKERY)
        assert answer.status_code == 422
        assert NAMES[BAKERY] not in words(answer)


class TestEndedMandate:
    def test_stops_the_acting_at_once_and_says_so_once(self, representative: Client, now: datetime) -> None:
        choose(representative, BAKERY)
        Mandate.objects.update(ended_at=now, end_reason="revoked")
        first, second = representative.get("/hesabim/"), representative.get("/hesabim/")
        assert strip(first).startswith(f"{NAMES[BAKERY]} adına işlem yapma yetkiniz sona erdi.")
        assert strip(second) == ""
        assert f"yetkiniz sona erdi: {NAMES[BAKERY]}" in words(representative.get("/hesabim/giris-gecmisi/"))


class TestHistory:
    def test_tells_for_whom_one_acted(self, representative: Client) -> None:
        choose(representative, BAKERY)
        representative.post(PAGE, {"principal": "self"})
        text = words(representative.get("/hesabim/giris-gecmisi/"))
        parts = ["artık şu kuruluş adına değil: " + NAMES[BAKERY], "şu kuruluş adına işlem yaptınız: " + NAMES[BAKERY]]
        places = [text.index(part) for part in parts]
        assert places == sorted(places)


class TestCost:
    def test_is_nothing_for_who_acts_for_oneself(self, representative: Client) -> None:
        representative.get("/hesabim/")
        with CaptureQueriesContext(connection) as before:
            representative.get("/hesabim/")
        assert [query["sql"] for query in before if "mandates_" in query["sql"]] == []
        choose(representative, BAKERY)
        with CaptureQueriesContext(connection) as after:
            representative.get("/hesabim/")
        assert len(after) == len(before) + 1
