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
from tests.contexts.openid.companies_in_tests import ASKED, FOR_COMPANIES
from tests.contexts.openid.openid_in_tests import redeem
from tests.sites.login.institutions import BY_CONSENT, BY_LAW, KEY, approve, fetch_data, go_to, open_institution
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


def resume(browser: Client, answer: Any) -> Any:
    """Go on with an institution's request and open the page to which that leads."""
    return browser.get(browser.get(answer["Location"])["Location"])


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


class TestInstitution:
    def test_is_told_for_whom_one_comes(self, representative: Client, now: datetime) -> None:
        open_institution(now=now, uses=(BY_LAW, FOR_COMPANIES))
        choose(representative, BAKERY)
        page = representative.get(go_to(representative, scope=ASKED)["Location"])
        text = words(page)
        assert text.startswith(f"{NAMES[BAKERY]} adına Örnek Belediyesi bilgilerinizi istiyor")
        assert f"Bunu {NAMES[BAKERY]} adına yapıyorsunuz" in text
        assert f"Şirketin adı {NAMES[BAKERY]} Şirketin vergi kimlik numarası ******0018" in text
        assert strip(page) == STRIP
        told = fetch_data("belediye", approve(representative, scope=ASKED)["code"], now=now)
        assert (told["company_name"], told["act"]["name"]) == (NAMES[BAKERY], "Deniz Yılmaz")
        history = words(representative.get("/hesabim/giris-gecmisi/"))
        assert f"Giriş yapılarak gidilen kurum: Örnek Belediyesi · {NAMES[BAKERY]} adına" in history
        sharings = words(representative.get("/hesabim/paylasimlar/"))
        assert sharings.count(f"Adına işlem yaptığınız {NAMES[BAKERY]}") == 2  # what was shared, and the answer

    def test_gets_nothing_for_one_company_by_a_page_that_named_another(
        self, register: WrittenRegister, signed_in: Client, now: datetime
    ) -> None:
        register.says((people.NUMBER, BAKERY, "2020-01-01", "", ""), (people.NUMBER, MILL, "2020-01-01", "", ""))
        open_institution(now=now, uses=(BY_LAW, FOR_COMPANIES))
        choose(signed_in, BAKERY)
        address = go_to(signed_in, scope=ASKED)["Location"]
        form = BeautifulSoup(signed_in.get(address).content, "html.parser").select_one("main form")
        assert form is not None
        sent = {str(field["name"]): str(field["value"]) for field in form.select("input[type=hidden]")}
        choose(signed_in, MILL)  # in another window
        again = signed_in.post(address, {**sent, "decision": "allow"})
        assert again.status_code == 422
        assert "kimin adına işlem yaptığınız değişti" in words(again)
        assert strip(again) == f"{NAMES[MILL]} adına işlem yapıyorsunuz"

    def test_keeps_what_one_agreed_to_for_a_company_apart(self, representative: Client, now: datetime) -> None:
        open_institution(now=now, uses=(BY_CONSENT, FOR_COMPANIES))
        scope = "openid birthdate company"
        approve(representative, scope=scope)
        choose(representative, BAKERY)
        approve(representative, scope=scope)
        page = BeautifulSoup(representative.get("/hesabim/paylasimlar/").content, "html.parser")
        fields = page.select("main form [name=principal]")
        assert len(page.select("main form [name=client]")) == 2
        assert len(fields) == 1
        taken = representative.post(
            "/hesabim/paylasimlar/", {"client": "belediye", "principal": str(fields[0]["value"])}
        )
        assert taken["Location"] == "/hesabim/paylasimlar/?geri-alindi=1"
        assert go_to(representative, scope=scope)["Location"].startswith("/giris/onay/")
        representative.post(PAGE, {"principal": "self"})
        assert go_to(representative, scope=scope)["Location"].startswith("https://rp.example/")

    def test_that_takes_people_only_says_so_and_lets_one_go_on_for_oneself(
        self, representative: Client, now: datetime
    ) -> None:
        open_institution(now=now)
        choose(representative, BAKERY)
        place = go_to(representative)["Location"]
        assert place.startswith("/kimin-adina/?sonra=%2Foidc%2Fresume%2F")
        page = BeautifulSoup(representative.get(place).content, "html.parser")
        assert "Örnek Belediyesi, şirket adına işlem yapanları kabul etmiyor." in page.get_text()
        assert [field["value"] for field in page.select("main [name=principal]")] == ["self"]
        waiting = page.select_one("main [name=sonra]")
        assert waiting is not None
        answer = representative.post(PAGE, {"principal": "self", "sonra": str(waiting["value"])})
        approval = resume(representative, answer)
        assert "Örnek Belediyesi bilgilerinizi istiyor" in words(approval)
        assert strip(approval) == ""

    def test_beyond_the_mandate_is_said_to_be(self, representative: Client, now: datetime) -> None:
        open_institution(now=now, uses=(BY_LAW, FOR_COMPANIES))
        choose(representative, MILL)
        text = words(representative.get(go_to(representative, scope=ASKED)["Location"]))
        assert f"{NAMES[MILL]} adına yetkiniz şu kurumun hizmetlerini kapsamıyor: Örnek Belediyesi." in text
        assert f"Kendi adıma: Deniz Yılmaz {NAMES[BAKERY]}" in text

    def test_may_ask_for_whom_one_acts(self, representative: Client, now: datetime) -> None:
        open_institution(now=now, uses=(BY_LAW, FOR_COMPANIES))
        place = go_to(representative, scope=ASKED, prompt="select_account")["Location"]
        page = representative.get(place)
        assert "Örnek Belediyesi, kimin adına işlem yapacağınızı seçmenizi bekliyor." in words(page)
        assert "Vazgeç" in words(page)
        waiting = BeautifulSoup(page.content, "html.parser").select_one("main [name=sonra]")
        assert waiting is not None
        answer = choose(representative, BAKERY, sonra=str(waiting["value"]))
        assert strip(resume(representative, answer)) == STRIP

    def test_that_expects_somebody_else_says_so(self, representative: Client, now: datetime) -> None:
        open_institution(now=now, uses=(BY_LAW, FOR_COMPANIES))
        hint = redeem("belediye", KEY, approve(representative)["code"], now=now).id_token
        choose(representative, BAKERY)
        place = go_to(representative, scope=ASKED, id_token_hint=hint)["Location"]
        assert "Örnek Belediyesi sizi şimdi işlem yaptığınızdan başka bir sıfatla tanıyor." in words(
            representative.get(place)
        )

    def test_is_waited_for_also_by_who_represents_nobody(
        self, register: WrittenRegister, signed_in: Client, now: datetime
    ) -> None:
        open_institution(now=now)
        page = signed_in.get(go_to(signed_in, prompt="select_account")["Location"])
        waiting = BeautifulSoup(page.content, "html.parser").select_one("main [name=sonra]")
        assert waiting is not None
        answer = signed_in.post(PAGE, {"principal": "self", "sonra": str(waiting["value"])})
        assert "bilgilerinizi istiyor" in words(resume(signed_in, answer))
