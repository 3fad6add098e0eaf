"""The home page."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from kapi.sites.portal.home import LIFE_EVENTS_SHOWN
from tests.sites.portal.reading import links, soup, words


@pytest.mark.usefixtures("_catalogue")
class TestHome:
    def test_begins_with_one_search_form(self, client: Client) -> None:
        page = soup(client.get("/"))
        (form,) = page.select("form[role=search]")
        assert form["action"] == "/ara"
        field = form.select_one("input[name=q]")
        label = page.select_one("h1 label")
        assert field is not None
        assert label is not None
        assert label["for"] == field["id"]

    def test_leads_to_services_life_events_and_categories(self, client: Client) -> None:
        found = links(client.get("/"))
        assert found["Öğrenci Belgesi Sorgulama"] == "/hizmet/ogrenci-belgesi/"
        assert found["Üniversiteye gidiyorum"] == "/yasam-olaylari/universite/"
        assert found["Eğitim"] == "/kategoriler/egitim/"

    def test_tells_how_many_services_a_category_has_in_words(self, client: Client) -> None:
        assert "Eğitim 2 hizmet" in words(client.get("/"))

    def test_speaks_english_and_marks_what_stays_turkish(self, client: Client) -> None:
        page = soup(client.get("/en/"))
        assert page.html is not None
        assert page.html["lang"] == "en"
        assert page.select_one('a[href="/en/hizmet/ogrenci-belgesi/"]') is not None
        assert [span.text for span in page.select('[lang="tr"]') if span.text == "Yurt Başvurusu"]

    def test_asks_four_questions_at_most_and_none_the_second_time(self, client: Client) -> None:
        with CaptureQueriesContext(
            connection,
        ) as first:
            client.get("/")
        with CaptureQueriesContext(connection) as second:
            client.get("/")
        assert len(first) <= 4
        assert len(second) == 0

    def test_shows_no_more_life_events_than_one_can_take_in(self, client: Client) -> None:
        assert len(soup(client.get("/")).select("#life-events ~ ul li")) <= LIFE_EVENTS_SHOWN


@pytest.mark.django_db
class TestEmptyHome:
    @pytest.mark.parametrize("language", ["tr", "en"])
    def test_stands_without_any_content(self, client: Client, language: str) -> None:
        with translation.override(language):
            assert client.get("/" if language == "tr" else "/en/").status_code == 200
