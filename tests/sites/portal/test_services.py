"""A service's page, and the way on to the institution."""

from dataclasses import replace
from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kapi.contexts.catalogue.models import ServiceUse
from kapi.contexts.catalogue.values import Channel, ChannelType, Cost
from kapi.kernel.langstring import LangString
from tests.contexts.catalogue.services_in_tests import STUDENT_CERTIFICATE, publish
from tests.sites.portal.reading import facts, links, soup, words

PAGE = "/hizmet/ogrenci-belgesi/"


@pytest.mark.usefixtures("_catalogue")
class TestService:
    def test_says_all_that_is_published(self, client: Client) -> None:
        answer = client.get(PAGE)
        text = words(answer)
        for said in (
            "Öğrenci Belgesi Sorgulama", "Yükseköğretim Kurulu", "Kayıtlı öğrenci olmak", "Kimlik belgesi",
            "Belge doğrulama kodu taşır.", "Öğrenci işleri, A blok", "22 Kasım 2026", "Bu sayfa işinize yaradı mı?",
        ):  # fmt: skip
            assert said in text, said
        assert facts(answer) == {
            "Ne alırsınız": "Öğrenci belgesi",
            "Ücreti": "125,50 TL (Islak imzalı istenirse)",
            "Ne kadar sürer": "3 iş günü",
        }
        assert "2547 sayılı Kanun: Yükseköğretim Kanunu, madde 44" in text

    def test_leads_to_the_institution_the_phone_and_the_other_forms(self, client: Client) -> None:
        found = links(client.get(PAGE))
        assert found["Hizmete git"] == f"{PAGE}git/"
        assert found["Yükseköğretim Kurulu"] == "/kurumlar/10000001/"
        assert found["+90 312 000 00 00"] == "tel:+903120000000"
        assert found["İşaret diliyle izleyin"] == "https://example.edu/isaret-dili"
        assert found["Kolay okunur anlatımla okuyun"] == "https://example.edu/kolay-oku"

    def test_says_so_where_nothing_is_stated(self, client: Client) -> None:
        answer = client.get("/hizmet/yurt-basvurusu/")
        assert facts(answer) == {"Ücreti": "Belirtilmemiş", "Ne kadar sürer": "Belirtilmemiş"}
        assert words(answer).count("Kurum belirtmemiş.") == 4  # conditions, documents, law, complaints

    def test_says_that_it_is_not_online_and_offers_no_button(self, client: Client) -> None:
        answer = client.get("/hizmet/yurt-basvurusu/")
        assert "Bu hizmet internetten verilmiyor." in words(answer)
        assert "Hizmete git" not in links(answer)

    def test_lists_services_of_the_same_life_events_and_categories(self, client: Client) -> None:
        page = soup(client.get(PAGE))
        assert [a.text for a in page.select(".kapi-links a")] == ["Yurt Başvurusu", "Yerleşim Yeri Belgesi"]

    def test_lists_several_fees_below(self, client: Client, now: datetime) -> None:
        fees = (Cost(0, "TRY"), Cost(5_000, "EUR", LangString("Yurt dışında")))
        publish("ogrenci-belgesi", replace(STUDENT_CERTIFICATE, costs=fees), now=now)
        answer = client.get(PAGE)
        assert facts(answer)["Ücreti"] == "Duruma göre değişir, aşağıya bakın"
        assert "50,00 EUR: Yurt dışında" in words(answer)

    def test_marks_texts_that_are_not_in_the_pages_language(self, client: Client) -> None:
        page = soup(client.get("/en/hizmet/ogrenci-belgesi/"))
        assert [item.text for item in page.select('li [lang="tr"]') if item.text == "Dilekçe"]

    def test_needs_three_queries_at_most(self, client: Client) -> None:
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE)
        assert len(queries) <= 3, [query["sql"] for query in queries]

    @pytest.mark.parametrize("code", ["yok", "YOK", "a" * 300, "1", "-"])
    def test_shows_a_page_with_search_where_there_is_no_such_service(self, client: Client, code: str) -> None:
        answer = client.get(f"/hizmet/{code}/")
        assert answer.status_code == 404
        assert b'role="search"' in answer.content

    @pytest.mark.parametrize(
        ("form", "kind", "beginning"),
        [("jsonld", "application/ld+json", b"{"), ("ttl", "text/turtle; charset=utf-8", b"@prefix")],
    )
    def test_is_there_as_data(self, client: Client, form: str, kind: str, beginning: bytes) -> None:
        answer = client.get(PAGE, {"format": form})
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, kind)
        assert answer.content.startswith(beginning)
        assert "Öğrenci Belgesi Sorgulama".encode() in answer.content
        assert answer.headers["Link"] == f'<{PAGE}>; rel="alternate"; type="text/html"'

    def test_names_its_other_forms_in_head_and_header(self, client: Client) -> None:
        answer = client.get(PAGE)
        named = {str(link["type"]): str(link["href"]) for link in soup(answer).select('link[rel="alternate"][type]')}
        assert named == {"application/ld+json": f"{PAGE}?format=jsonld", "text/turtle": f"{PAGE}?format=ttl"}
        assert f'<{PAGE}?format=ttl>; rel="alternate"; type="text/turtle"' in answer.headers["Link"]

    @pytest.mark.parametrize("path", [f"{PAGE}?format=xml", "/hizmet/yok/?format=ttl", "/hizmet/yok/?format=jsonld"])
    def test_is_not_found_in_unknown_forms(self, client: Client, path: str) -> None:
        assert client.get(path).status_code == 404

    def test_is_found_without_the_slash(self, client: Client) -> None:
        assert client.get(PAGE.rstrip("/")).headers["Location"] == PAGE


@pytest.mark.usefixtures("_catalogue")
class TestGo:
    def test_leads_to_the_english_page_where_there_is_one(self, client: Client) -> None:
        answer = client.get(f"/en{PAGE}git/")
        assert answer.headers["Location"] == "https://example.edu/en/student-certificate"

    def test_leads_to_the_turkish_page_and_says_so_beforehand(self, client: Client, now: datetime) -> None:
        channels = tuple(replace(channel, address_en="") for channel in STUDENT_CERTIFICATE.channels)
        publish("ogrenci-belgesi", replace(STUDENT_CERTIFICATE, channels=channels), now=now)
        page = client.get(f"/en{PAGE}")
        button = soup(page).select_one("a.govuk-button--start")
        assert button is not None
        assert button.get("hreflang") == "tr"
        assert "The institution’s page is in Turkish." in words(page)
        assert client.get(f"/en{PAGE}git/").headers["Location"] == "https://example.edu/ogrenci-belgesi"

    @pytest.mark.parametrize("path", [PAGE, f"/en{PAGE}"])
    def test_says_nothing_of_languages_where_the_page_speaks_ones_own(self, client: Client, path: str) -> None:
        page = client.get(path)
        button = soup(page).select_one("a.govuk-button--start")
        assert button is not None
        assert button.get("hreflang") is None
        assert "Türkçedir" not in words(page)
        assert "in Turkish" not in words(page)

    def test_counts_the_use_and_sends_the_person_on(self, client: Client) -> None:
        for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):  # once an hour from each
            answer = client.get(f"{PAGE}git/", REMOTE_ADDR=address)
        assert (answer.status_code, answer.headers["Location"]) == (302, "https://example.edu/ogrenci-belgesi")
        assert "no-store" in answer.headers["Cache-Control"]
        assert [(use.kind, use.count) for use in ServiceUse.objects.all()] == [("start", 2)]

    def test_does_not_count_browsers_that_only_look_ahead(self, client: Client) -> None:
        assert client.get(f"{PAGE}git/", headers={"Sec-Purpose": "prefetch;prerender"}).status_code == 302
        assert client.head(f"{PAGE}git/").status_code == 302
        assert not ServiceUse.objects.exists()

    @pytest.mark.parametrize("code", ["yok", "yurt-basvurusu"])
    def test_is_not_there_for_services_that_are_not_online(self, client: Client, code: str) -> None:
        assert client.get(f"/hizmet/{code}/git/").status_code == 404

    def test_never_leads_anywhere_but_to_the_web(self, now: datetime) -> None:
        content = replace(STUDENT_CERTIFICATE, channels=(Channel(ChannelType.WEB, "javascript:alert(1)"),))
        with pytest.raises(Exception, match="channel_web"):
            publish("tuzak", content, now=now)
