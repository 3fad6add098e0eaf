"""Requests of institutions that cannot be answered, shown to a person."""

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.test import Client

FORM = "application/x-www-form-urlencoded"


def language_of(answer: Any) -> str:
    """Return the language that the page says it speaks."""
    html = BeautifulSoup(answer.content, "html.parser").html
    assert html is not None
    return str(html["lang"])


def link_to(answer: Any, language: str) -> str:
    """Return where the page in another language is, empty where none is offered."""
    link = BeautifulSoup(answer.content, "html.parser").select_one(
        f"nav a[hreflang={language}], nav a[lang={language}]"
    )
    return str(link["href"]) if link else ""


@pytest.mark.django_db
class TestFaultPage:
    @pytest.mark.parametrize(
        ("locales", "language"), [("", "tr"), ("en", "en"), ("de en-GB tr", "en"), ("de", "tr"), ("\x00", "tr")]
    )
    def test_speaks_the_language_that_the_institution_asked_for(self, locales: str, language: str) -> None:
        page = Client().get("/oidc/authorize", {"client_id": "unknown", "ui_locales": locales})
        assert page.status_code == 400
        assert f'<html lang="{language}"' in page.content.decode()

    @pytest.mark.parametrize(
        ("cookie", "accepts", "query", "language"),
        [
            ("", "", "", "tr"),
            ("", "en-GB,en;q=0.8", "", "en"),
            ("", "de,fr;q=0.5", "", "tr"),
            ("tr", "en", "", "tr"),
            ("en", "tr", "", "en"),
            ("en", "en", "ui_locales=tr", "tr"),
            ("", "en", "ui_locales=de&ui_locales=tr", "en"),
            ("tr", "tr", "ui_locales=EN-us", "en"),
            ("xx", "en", "", "en"),
            ("tr", "", "dil=en", "en"),
        ],
    )
    def test_else_speaks_what_the_cookie_or_the_browser_says(
        self, cookie: str, accepts: str, query: str, language: str
    ) -> None:
        browser = Client(headers={"Accept-Language": accepts} if accepts else {})
        if cookie:
            browser.cookies[settings.LANGUAGE_COOKIE_NAME] = cookie
        for path in ("/oidc/authorize", "/oidc/end-session", "/oidc/resume/a", "/oidc/end-session/a"):
            answer = browser.get(f"{path}?client_id=unknown&{query}")
            assert (answer.status_code, language_of(answer)) == (400, language), path

    def test_reads_the_wish_in_a_form_too(self) -> None:
        answer = Client().post("/oidc/authorize", "client_id=unknown&ui_locales=en", content_type=FORM)
        assert language_of(answer) == "en"
        assert language_of(Client().post("/oidc/authorize", "ui_locales=en", content_type="text/plain")) == "tr"

    def test_leads_to_itself_in_the_other_language(self) -> None:
        first = Client().get("/oidc/authorize?client_id=%C3%A7&ui_locales=tr&state=a%26b&dil=tr")
        address = link_to(first, "en")
        assert address == "/oidc/authorize?client_id=%C3%A7&state=a%26b&ui_locales=en"
        second = Client().get(address)
        assert (language_of(second), second.status_code) == ("en", 400)
        assert link_to(second, "tr") == "/oidc/authorize?client_id=%C3%A7&state=a%26b&ui_locales=tr"

    def test_leads_from_a_form_to_the_same_asked_by_address_unless_it_is_too_long(self) -> None:
        answer = Client().post("/oidc/authorize", "client_id=unknown&state=a", content_type=FORM)
        assert link_to(answer, "en") == "/oidc/authorize?client_id=unknown&state=a&ui_locales=en"
        long = Client().post("/oidc/authorize", "client_id=unknown&state=" + "a" * 2000, content_type=FORM)
        assert (long.status_code, link_to(long, "en")) == (400, "")

    def test_puts_nothing_but_an_address_into_the_link(self) -> None:
        answer = Client().generic("GET", "/oidc/authorize", QUERY_STRING='"><script>&\xff=%FF&a=<b>')
        assert b"<script>&" not in answer.content
        assert link_to(answer, "en") == "/oidc/authorize?%22%3E%3Cscript%3E&%C3%BF=%FF&a=%3Cb%3E&ui_locales=en"

    def test_speaks_the_language_of_the_page_where_that_has_one(self) -> None:
        browser = Client(headers={"Accept-Language": "en"})
        for path, language in (("/cikis/?istek=a", "tr"), ("/en/cikis/?istek=a", "en")):
            answer = browser.get(path)
            assert (answer.status_code, language_of(answer)) == (400, language)
            assert link_to(answer, "en" if language == "tr" else "tr").startswith("/en/" if language == "tr" else "/c")
