"""Search."""

import importlib
import json
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from kapi.contexts.catalogue import selectors
from kapi.sites.portal import traces
from kapi.sites.portal.search import LONGEST_QUERY, clean
from tests.sites.portal.reading import links, soup, words


def _find(client: Client, path: str = "/ara", **parameters: str) -> str:
    return words(client.get(f"{path}?{urlencode(parameters)}"))


@pytest.mark.usefixtures("_catalogue")
class TestSearch:
    @pytest.mark.parametrize("query", ["ogrnci belge", "ÖĞRENCİ BELGESİ", "okuyor belgesi"])
    def test_finds_services_by_the_words_people_use(self, client: Client, query: str) -> None:
        found = links(client.get("/ara", {"q": query}), ".kapi-results a")
        assert next(iter(found.items())) == ("Öğrenci Belgesi Sorgulama", "/hizmet/ogrenci-belgesi/")

    def test_keeps_the_query_in_the_field(self, client: Client) -> None:
        field = soup(client.get("/ara", {"q": 'belge "x" <b>'})).select_one("#q")
        assert field is not None
        assert field["value"] == 'belge "x" <b>'

    def test_says_how_many_and_whose(self, client: Client) -> None:
        text = _find(client, q="ikametgah")
        assert "1 hizmet bulundu" in text
        assert "Çamlıdere Belediyesi" in text

    def test_shows_institutions_of_that_name_as_well(self, client: Client) -> None:
        assert links(client.get("/ara", {"q": "çamlıdere"}))["Çamlıdere Belediyesi"] == "/kurumlar/20000001/"

    def test_offers_ways_on_when_nothing_was_typed(self, client: Client) -> None:
        answer = client.get("/ara")
        assert "En çok kullanılan hizmetler" in words(answer)
        assert links(answer)["Eğitim"] == "/kategoriler/egitim/"

    def test_offers_ways_on_when_nothing_is_found_and_remembers_what_was_missing(self, client: Client) -> None:
        answer = client.get("/ara", {"q": "zürafa 10000000146"})
        assert "“zürafa 10000000146” için hizmet bulunamadı" in words(answer)
        assert links(answer)["Eğitim"] == "/kategoriler/egitim/"
        assert [missing.text for missing in selectors.unanswered_searches(limit=9)] == ["zürafa [...]"]

    def test_remembers_only_so_much_from_one_address(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(traces, "UNANSWERED_PER_HOUR", 2)
        for query in ("zürafa", "fil", "gergedan"):
            assert client.get("/ara", {"q": query}).status_code == 200
        assert {missing.text for missing in selectors.unanswered_searches(limit=9)} == {"zürafa", "fil"}

    def test_remembers_nothing_of_who_comes_from_nowhere(self) -> None:
        assert Client(REMOTE_ADDR="").get("/ara", {"q": "zürafa"}).status_code == 200
        assert selectors.unanswered_searches(limit=9) == []

    def test_finds_nothing_by_an_identity_number(self, client: Client) -> None:
        assert "için hizmet bulunamadı" in _find(client, q="10000000146")

    def test_does_not_send_a_long_address_back_many_times(self, client: Client) -> None:
        for parameters in ({"q": "x" * 50_000}, {"q": "belge", "x": "y" * 50_000}, {"zz": "y" * 50_000}):
            assert len(client.get("/ara", parameters).content) < 40_000
            assert len(client.get("/", parameters).content) < 40_000

    def test_remembers_nothing_when_something_was_found(self, client: Client) -> None:
        client.get("/ara", {"q": "öğrenci belgesi"})
        assert selectors.unanswered_searches(limit=9) == []

    def test_refuses_a_query_that_is_too_long_in_words(self, client: Client) -> None:
        answer = client.get("/ara", {"q": "a" * (LONGEST_QUERY + 1)})
        assert answer.status_code == 400
        assert "Aramanızı en çok 200 karakterle yapın" in words(answer)
        assert "<title>Hata: " in answer.content.decode()

    def test_searches_in_english_too(self, client: Client) -> None:
        assert "Student certificate" in _find(client, "/en/ara", q="student certificate")

    def test_needs_four_queries_at_most_for_a_word(self, client: Client) -> None:
        client.get("/ara")
        with CaptureQueriesContext(connection) as queries:
            client.get("/ara", {"q": "öğrenci"})
        found = [query["sql"] for query in queries if "institutions_institution" not in query["sql"].split("WHERE")[0]]
        assert len(queries) <= 5, found


@pytest.mark.usefixtures("_many_services")
class TestNarrowing:
    def test_offers_what_the_results_have_in_several_kinds(self, client: Client) -> None:
        page = soup(client.get("/ara", {"q": "belge"}))
        assert page.select_one("select#tur") is None or len(page.select("select#tur option")) > 2

    def test_says_that_there_is_more_than_the_best(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(importlib.import_module("kapi.contexts.catalogue.selectors.search"), "MOST_HITS", 12)
        assert "En uygun 12 hizmet, sayfa 1 / 2" in _find(client, q="deneme")
        assert "The 12 services that fit best" in _find(client, "/en/ara", q="deneme")
        monkeypatch.setattr(importlib.import_module("kapi.contexts.catalogue.selectors.search"), "MOST_HITS", 32)
        assert "En uygun 32 hizmet içinde 1 hizmet" in _find(client, q="hizmeti belgesi", kurum="20000001")

    def test_narrows_by_institution(self, client: Client) -> None:
        found = links(client.get("/ara", {"q": "belgesi deneme", "kurum": "20000001"}), ".kapi-results a")
        assert list(found) == ["Yerleşim Yeri Belgesi"]

    def test_narrows_by_category_and_kind(self, client: Client) -> None:
        narrowed = {"q": "belgesi deneme", "kategori": "egitim", "tur": "document"}
        assert list(links(client.get("/ara", narrowed), ".kapi-results a")) == ["Öğrenci Belgesi Sorgulama"]

    def test_keeps_the_choice_in_the_form_and_offers_to_drop_it(self, client: Client) -> None:
        answer = client.get("/ara", {"q": "belgesi deneme", "kurum": "20000001"})
        chosen = soup(answer).select_one("#kurum option[selected]")
        assert chosen is not None
        assert chosen["value"] == "20000001"
        assert links(answer)["Bütün sonuçları göster"] == "/ara?q=belgesi+deneme"

    def test_takes_a_value_that_no_result_has_as_none(self, client: Client) -> None:
        assert "hizmet bulundu" in _find(client, q="deneme", kurum="99999999", tur="x'\"><script>")


@pytest.mark.usefixtures("_many_services")
class TestPaging:
    def test_shows_ten_and_leads_on(self, client: Client) -> None:
        answer = client.get("/ara", {"q": "deneme"})
        assert len(soup(answer).select(".kapi-result")) == 10
        following = client.get("/ara" + links(answer, ".govuk-pagination a")["Sonraki sayfa"])
        assert "sayfa 2 / 3" in words(following)
        assert links(following, ".kapi-results a").keys().isdisjoint(links(answer, ".kapi-results a"))

    @pytest.mark.parametrize("page", ["0", "-1", "4", "99999999", "x", "١", "1.5", ""])
    def test_answers_not_found_where_there_is_no_such_page(self, client: Client, page: str) -> None:
        assert client.get("/ara", {"q": "deneme", "sayfa": page}).status_code == 404


@pytest.mark.usefixtures("_catalogue")
class TestSearchAsJson:
    def test_is_a_list_of_code_title_and_score(self, client: Client) -> None:
        answer = client.get("/ara", {"q": "ogrnci belge", "format": "json"})
        found = answer.json()
        assert answer.headers["Content-Type"] == "application/json"
        assert found[0].keys() == {"code", "title", "score"}
        assert (found[0]["code"], found[0]["title"]) == ("ogrenci-belgesi", "Öğrenci Belgesi Sorgulama")
        assert 0 < found[0]["score"] <= 1

    @pytest.mark.parametrize("query", ["", "zürafa", "!!!"])
    def test_is_empty_where_nothing_fits(self, client: Client, query: str) -> None:
        assert client.get("/ara", {"q": query, "format": "json"}).json() == []

    def test_names_the_problem_with_a_query_that_is_too_long(self, client: Client) -> None:
        answer = client.get("/ara", {"q": "a" * 201, "format": "json"})
        assert answer.status_code == 400
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert json.loads(answer.content)["status"] == 400


_nasty = hypothesis_settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.usefixtures("_catalogue")
class TestBadInput:
    @_nasty
    @given(
        st.dictionaries(
            st.sampled_from(["q", "kurum", "kategori", "tur", "sayfa", "format", "zz"]), st.text(max_size=300)
        )
    )
    def test_any_text_gives_a_page(self, client: Client, parameters: dict[str, str]) -> None:
        encoded = urlencode({name: value.encode("utf-8", "surrogatepass") for name, value in parameters.items()})
        assert client.get(f"/ara?{encoded}").status_code in {200, 400, 404}

    @_nasty
    @given(st.binary(max_size=200))
    def test_any_bytes_give_a_page(self, client: Client, raw: bytes) -> None:
        encoded = "".join(f"%{byte:02X}" for byte in raw)
        for path in (f"/ara?q={encoded}", f"/ara?{encoded}", f"/en/ara?q=%FF{encoded}&format=json"):
            assert client.get(path).status_code in {200, 400, 404}

    def test_a_form_of_a_megabyte_gives_a_page(self, client: Client) -> None:
        assert client.post("/ara", {"q": "x" * 1_000_000}).status_code in {403, 405, 413}
        assert client.get("/ara", {"q": "x" * 1_000_000}).status_code == 400


class TestClean:
    def test_makes_blanks_single_and_drops_control_characters(self) -> None:
        assert clean("  bir\x00\n\tiki\u2028 üç ") == "bir iki üç"
