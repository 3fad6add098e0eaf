"""One's own page."""

from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import people
from tests.sites.login.institutions import approve, fetch_data, open_institution
from tests.sites.portal.reading import links, words


@pytest.fixture
def now() -> datetime:
    """This very moment, for the page reads the clock itself."""
    return timezone.now()


@pytest.fixture
def browser(db: None, now: datetime) -> Client:
    """A citizen's browser after signing in."""
    people.make_citizen(now=now)
    client = Client(headers={"User-Agent": people.FIREFOX})
    client.cookies[settings.SESSION_COOKIE_NAME] = people.sign_in(now=now).token
    return client


class TestMyPages:
    @pytest.mark.django_db
    def test_asks_strangers_to_sign_in_and_leads_back(self, client: Client) -> None:
        assert client.get("/sayfam/").headers["Location"] == "/giris/?sonra=%2Fsayfam%2F"

    def test_says_how_to_begin_where_nothing_has_happened(self, browser: Client) -> None:
        text = words(browser.get("/sayfam/"))
        assert "Deniz Yılmaz" in text
        assert "henüz bir kuruma geçmediniz" in text
        assert "hiçbir bilgi paylaşılmadı" in text
        assert "1 açık oturum" in text

    def test_shows_where_one_has_been_and_what_was_shared(self, browser: Client, now: datetime) -> None:
        client_id = open_institution(now=now)
        fetch_data(client_id, approve(browser)["code"], now=timezone.now() + timedelta(seconds=1))
        answer = browser.get("/sayfam/")
        assert words(answer).count("Örnek Belediyesi") == 2
        assert links(answer)["Bütün ziyaretler ve girişler"] == "/hesabim/giris-gecmisi/"
        assert links(answer)["Hangi bilgiler, neden"] == "/hesabim/paylasimlar/"

    def test_is_never_kept(self, browser: Client) -> None:
        assert "no-store" in browser.get("/sayfam/").headers["Cache-Control"]

    def test_needs_six_queries_at_most(self, browser: Client) -> None:
        with CaptureQueriesContext(connection) as queries:
            browser.get("/sayfam/")
        assert len(queries) <= 6  # session, role, favourites, sessions, visits, sharings

    def test_speaks_english_too(self, browser: Client) -> None:
        assert "Where you have been" in words(browser.get("/en/sayfam/"))
