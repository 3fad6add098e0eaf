"""Life events, categories, institutions, and the service-standards table."""

import csv
import io
from dataclasses import replace
from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kapi.contexts.catalogue.models import LifeEvent
from kapi.kernel.langstring import LangString
from kapi.sites.portal import standards
from tests.contexts.catalogue.services_in_tests import STUDENT_CERTIFICATE, publish
from tests.contexts.institutions.institutions_in_tests import add_top, add_unit
from tests.sites.portal.reading import facts, links, soup, words


@pytest.mark.usefixtures("_catalogue")
class TestLifeEvents:
    def test_are_all_listed(self, client: Client) -> None:
        assert links(client.get("/yasam-olaylari/"))["Üniversiteye gidiyorum"] == "/yasam-olaylari/universite/"

    def test_show_their_steps_in_order_with_links_where_a_step_is_a_service(self, client: Client) -> None:
        answer = client.get("/yasam-olaylari/universite/")
        assert [step.get_text(strip=True) for step in soup(answer).select(".kapi-steps li")] == [
            "Sınava girin", "Belge alın",
        ]  # fmt: skip
        assert links(answer, ".kapi-steps a") == {"Belge alın": "/hizmet/ogrenci-belgesi/"}
        assert set(links(answer, ".kapi-results a")) == {"Öğrenci Belgesi Sorgulama", "Yurt Başvurusu"}

    def test_without_steps_and_services_say_so(self, client: Client) -> None:
        LifeEvent.objects.create(code="bos", title={"tr": "Boş"}, position=9)
        assert "hizmet henüz yok" in words(client.get("/yasam-olaylari/bos/"))

    def test_that_do_not_exist_are_not_found(self, client: Client) -> None:
        assert client.get("/yasam-olaylari/yok/").status_code == 404

    @pytest.mark.usefixtures("_many_services")
    def test_show_their_services_in_pages_and_the_steps_on_the_first(self, client: Client) -> None:
        first, second = (client.get("/yasam-olaylari/universite/", {"sayfa": page}) for page in "12")
        assert len(links(first, ".kapi-results a")) == 25
        assert len(links(second, ".kapi-results a")) == 7
        assert soup(first).select(".kapi-steps")
        assert not soup(second).select(".kapi-steps")
        assert client.get("/yasam-olaylari/universite/?sayfa=3").status_code == 404

    def test_need_four_queries_at_most(self, client: Client) -> None:
        with CaptureQueriesContext(connection) as queries:
            client.get("/yasam-olaylari/universite/")
        assert len(queries) <= 4


@pytest.mark.usefixtures("_many_services")
class TestCategories:
    def test_are_all_listed_with_their_size(self, client: Client) -> None:
        assert "Eğitim 32 hizmet" in words(client.get("/kategoriler/"))

    def test_show_their_services_in_pages(self, client: Client) -> None:
        first = client.get("/kategoriler/egitim/")
        second = client.get("/kategoriler/egitim/?sayfa=2")
        assert "32 hizmet, sayfa 1 / 2" in words(first)
        assert len(links(first, ".kapi-results a")) == 25
        assert len(links(second, ".kapi-results a")) == 7

    @pytest.mark.parametrize(
        "path", ["/kategoriler/yok/", "/kategoriler/egitim/?sayfa=3", "/kategoriler/egitim/?sayfa=x"]
    )
    def test_that_do_not_exist_are_not_found(self, client: Client, path: str) -> None:
        assert client.get(path).status_code == 404

    def test_need_three_queries_at_most(self, client: Client) -> None:
        with CaptureQueriesContext(connection) as queries:
            client.get("/kategoriler/egitim/")
        assert len(queries) <= 3


@pytest.mark.usefixtures("_catalogue")
class TestInstitutions:
    def test_are_in_the_order_of_the_turkish_alphabet(self, client: Client, now: datetime) -> None:
        for code, name in (("30000001", "Işık Üniversitesi"), ("30000002", "İzmir Belediyesi"), ("30000003", "Cizre")):
            add_top(code, name, now=now)
        assert [a.text for a in soup(client.get("/kurumlar/")).select("main .kapi-links a")] == [
            "Cizre", "Çamlıdere Belediyesi", "Işık Üniversitesi", "İzmir Belediyesi", "Yükseköğretim Kurulu",
        ]  # fmt: skip

    def test_are_chosen_by_first_letter(self, client: Client) -> None:
        answer = client.get("/kurumlar/", {"harf": "Ç"})
        assert list(links(answer, "main .kapi-links a")) == ["Çamlıdere Belediyesi"]
        assert client.get("/kurumlar/", {"harf": "Q"}).status_code == 404

    def test_are_found_by_name_anywhere_in_the_tree(self, client: Client) -> None:
        answer = client.get("/kurumlar/", {"q": "YAZI isleri"})
        assert links(answer, "main .kapi-links a") == {"Yazı İşleri": "/kurumlar/20000002/"}

    def test_that_no_name_fits_are_told_so(self, client: Client) -> None:
        assert "kurum bulunamadı" in words(client.get("/kurumlar/", {"q": "zürafa"}))

    def test_refuse_a_query_that_is_too_long(self, client: Client) -> None:
        assert client.get("/kurumlar/", {"q": "a" * 201}).status_code == 400


@pytest.mark.usefixtures("_catalogue")
class TestInstitution:
    def test_shows_its_services_and_those_below_it(self, client: Client) -> None:
        answer = client.get("/kurumlar/20000001/")
        assert "Yerleşim Yeri Belgesi" in links(answer)
        assert links(answer)["Yazı İşleri"] == "/kurumlar/20000002/"
        assert facts(answer) == {"Kurum kodu": "20000001"}

    def test_leads_back_to_what_stands_above_it(self, client: Client) -> None:
        answer = client.get("/kurumlar/20000002/")
        assert links(answer, ".govuk-breadcrumbs a")["Çamlıdere Belediyesi"] == "/kurumlar/20000001/"
        assert "henüz hizmet yayımlamadı" in words(answer)

    def test_shows_no_more_units_than_one_can_take_in(self, client: Client, now: datetime) -> None:
        for number in range(31):
            add_unit(f"2100{number:04d}", "20000002", f"Birim {number}", now=now)
        assert "Ve 1 tane daha" in words(client.get("/kurumlar/20000002/"))

    @pytest.mark.parametrize("code", ["99999999", "x", "1"])
    def test_that_does_not_exist_is_not_found(self, client: Client, code: str) -> None:
        assert client.get(f"/kurumlar/{code}/").status_code == 404
        assert client.get(f"/kurumlar/{code}/hizmet-standartlari/").status_code == 404

    def test_needs_seven_queries_at_most(self, client: Client) -> None:
        with CaptureQueriesContext(connection) as queries:
            client.get("/kurumlar/20000002/")
        assert len(queries) <= 7


@pytest.mark.usefixtures("_catalogue")
class TestStandards:
    PATH = "/kurumlar/10000001/hizmet-standartlari/"

    def test_tell_documents_times_and_complaints(self, client: Client) -> None:
        page = soup(client.get(self.PATH))
        rows = {
            row.th.get_text(strip=True): [cell.get_text(" ", strip=True) for cell in row.select("td")]  # type: ignore[union-attr]
            for row in page.select("tbody tr")
        }
        assert rows == {
            "Öğrenci Belgesi Sorgulama": ["Kimlik belgesi Dilekçe", "3 iş günü", "Yükseköğretim Kurulu"],
            "Yurt Başvurusu": ["Belirtilmemiş", "Belirtilmemiş", "Belirtilmemiş"],
        }

    def test_are_there_as_a_file(self, client: Client) -> None:
        answer = client.get(self.PATH, {"format": "csv"})
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert "10000001-hizmet-standartlari.csv" in answer.headers["Content-Disposition"]
        rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
        assert rows[0] == ["Kod", "Hizmet", "Belgeler", "Tamamlanma süresi", "Şikâyet yeri"]
        assert rows[1] == [
            "ogrenci-belgesi", "Öğrenci Belgesi Sorgulama", "Kimlik belgesi | Dilekçe", "3 iş günü",
            "Yükseköğretim Kurulu",
        ]  # fmt: skip

    def test_hold_no_formula_for_spreadsheets(self, client: Client, now: datetime) -> None:
        title = LangString('=HYPERLINK("http://x")', "x")
        publish("tuzak", replace(STUDENT_CERTIFICATE, title=title), now=now)
        rows = list(csv.reader(io.StringIO(client.get(self.PATH, {"format": "csv"}).getvalue().decode("utf-8-sig"))))
        assert '\'=HYPERLINK("http://x")' in [row[1] for row in rows]

    @pytest.mark.usefixtures("_many_services")
    def test_are_paged_while_the_file_has_all(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(standards, "PAGE_SIZE", 20)
        first, second = (client.get(self.PATH, {"sayfa": page}) for page in ("1", "2"))
        assert (len(soup(first).select("tbody tr")), len(soup(second).select("tbody tr"))) == (20, 12)
        assert "sayfa 2 / 2" in words(second)
        assert [client.get(self.PATH, {"sayfa": page}).status_code for page in ("3", "0", "x")] == [404, 404, 404]
        file = client.get("/en" + self.PATH, {"format": "csv"}).getvalue().decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(file)))
        assert (len(rows), rows[0][1], rows[1][3]) == (33, "Service", "")

    def test_are_not_found_in_unknown_forms(self, client: Client) -> None:
        assert client.get(self.PATH, {"format": "xls"}).status_code == 404

    def test_of_an_institution_without_services_say_so(self, client: Client) -> None:
        assert "henüz hizmet yayımlamadı" in words(client.get("/kurumlar/20000002/hizmet-standartlari/"))
