"""What stands around every page leads somewhere, on every site, in both languages, for everybody."""

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from kapi.contexts.institutions.values import Role
from tests.contexts.institutions.institutions_in_tests import add_top
from tests.sites.backoffice.staff import GATEWAY, at_work

SITES: Final = {"portal": "/", "login": "/giris/", "account": "/hesabim/", "work": "/yonetim/", "demo": "/demo/outbox"}
NAVIGATION: Final = {
    "tr": ["Yaşam olayları", "Kategoriler", "Kurumlar"],
    "en": ["Life events", "Categories", "Institutions"],
}
FOOTER: Final = {
    "tr": ["Yardım", "Erişilebilirlik", "Gizlilik", "Geri bildirim"],
    "en": ["Help", "Accessibility", "Privacy", "Feedback"],
}
WORK: Final = {"tr": "Yönetim", "en": "Administration"}


@pytest.fixture
def now() -> datetime:
    """This very moment, for the pages read the clock themselves."""
    return timezone.now()


@pytest.fixture
def visitors(db: None, now: datetime) -> dict[str, Client]:
    """Browsers of nobody, of a citizen, and of an operator."""
    add_top(GATEWAY, "Kapı İşletmesi", now=now)
    return {
        "nobody": Client(),
        "citizen": at_work(1, now=now),
        "operator": at_work(2, (Role.OPERATOR, GATEWAY), now=now),
    }


def opened(browser: Client, path: str) -> BeautifulSoup:
    answer = browser.get(path, follow=True)
    assert answer.status_code == 200, path
    return BeautifulSoup(answer.content, "html.parser")


def texts(page: BeautifulSoup, selector: str) -> list[str]:
    return [" ".join(link.get_text(" ").split()) for link in page.select(selector)]


def addresses(page: BeautifulSoup) -> set[str]:
    """Return every address in the frame: links, the search, and what the head names."""
    found: list[Any] = [
        *(
            link["href"]
            for link in page.select("header a, footer a, .kapi-navigation a, link[rel=alternate], [rel=manifest]")
        ),
        *(form["action"] for form in page.select("header form, .kapi-navigation form")),
    ]
    return {str(address) for address in found}


class TestFrame:
    @pytest.mark.parametrize("language", ["tr", "en"])
    @pytest.mark.parametrize("visitor", ["nobody", "citizen", "operator"])
    def test_leads_somewhere_on_every_site(
        self, visitors: dict[str, Client], settings: Settings, visitor: str, language: str
    ) -> None:
        settings.DEMO = True
        browser, prefix = visitors[visitor], {"tr": "", "en": "/en"}[language]
        pages = {
            site: opened(browser, prefix + path)
            for site, path in SITES.items()
            if (site != "account" or visitor != "nobody") and (site != "work" or visitor == "operator")
        }
        navigation = NAVIGATION[language] + ([WORK[language]] if visitor == "operator" else [])
        for site, page in pages.items():
            # Who types a password is not led elsewhere.
            expected = [] if (site, visitor) == ("login", "nobody") else navigation
            assert texts(page, ".kapi-navigation li a") == expected
            assert texts(page, "footer li a") == FOOTER[language]
            assert page.select_one('[rel="manifest"]') is not None
            assert bool(page.select_one("form[action*='/cikis/']")) is (visitor != "nobody")
        broken = {
            address: status
            for address in set().union(*map(addresses, pages.values()))
            if (status := browser.get(address).status_code) not in (200, 302)
        }
        assert broken == {}

    def test_leads_nobody_but_staff_to_the_work_pages(self, visitors: dict[str, Client]) -> None:
        for path in ("/", "/hesabim/", "/boyle-bir-sayfa-yok/"):
            page = BeautifulSoup(visitors["citizen"].get(path).content, "html.parser")
            assert page.select("a[href*='/yonetim/']") == []

    def test_asks_once_whether_somebody_works_here(self, visitors: dict[str, Client]) -> None:
        asked = {}
        for visitor, browser in visitors.items():
            browser.get("/yardim/")
            with CaptureQueriesContext(connection) as queries:
                browser.get("/yardim/")
            asked[visitor] = [query["sql"] for query in queries if "membership" in query["sql"]]
        assert {visitor: len(found) for visitor, found in asked.items()} == {"nobody": 0, "citizen": 1, "operator": 1}
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute(f"EXPLAIN QUERY PLAN {asked['citizen'][0]}")
                assert "USING" in str(cursor.fetchall())

    def test_asks_nothing_more_on_the_work_pages(self, visitors: dict[str, Client]) -> None:
        with CaptureQueriesContext(connection) as queries:
            visitors["operator"].get("/yonetim/durum/")
        assert len([query for query in queries if "membership" in query["sql"]]) == 1


class TestManifest:
    @pytest.mark.parametrize(("path", "start"), [("/uygulama.webmanifest", "/"), ("/en/uygulama.webmanifest", "/en/")])
    def test_describes_the_portal_as_an_application(self, client: Client, path: str, start: str) -> None:
        answer = client.get(path)
        assert answer["Content-Type"] == "application/manifest+json"
        described = answer.json()
        assert (described["name"], described["start_url"]) == ("Kapı", start)
        assert described["icons"][0]["src"] == "/static/ui/mark.svg"
        assert not urlsplit(described["icons"][0]["src"]).netloc
        assert "manifest-src 'self'" in answer["Content-Security-Policy"]
