"""Error pages: they explain, they stand without the database, they speak both languages."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import translation

from kapi.sites.ui import errors
from tests.sites.test_secrecy import addresses

PAGES: dict[int, Callable[[HttpRequest], HttpResponse]] = {
    400: errors.bad_request,
    403: errors.not_permitted,
    404: errors.not_found,
    405: lambda request: errors.wrong_method(request, "POST"),
    413: errors.too_large,
    500: errors.server_error,
}


@pytest.fixture
def request_of_a_page(rf: RequestFactory) -> HttpRequest:
    return rf.get("/yok/")


class TestEveryErrorPage:
    @pytest.mark.parametrize("status", PAGES)
    @pytest.mark.parametrize("language", ["tr", "en"])
    def test_says_what_happened_what_was_kept_and_what_to_do(
        self, request_of_a_page: HttpRequest, status: int, language: str
    ) -> None:
        with translation.override(language):
            response = PAGES[status](request_of_a_page)
        page = BeautifulSoup(response.content, "html.parser")
        assert response.status_code == status
        assert page.html is not None
        assert page.html["lang"] == language
        assert len(page.select("main h1")) == 1
        assert len(page.select("main p")) == 4

    def test_needs_no_database(self, request_of_a_page: HttpRequest) -> None:
        for answer in PAGES.values():
            answer(request_of_a_page)  # pytest-django refuses the database to a test that did not ask for it


class TestNotFound:
    def test_answers_for_an_address_without_a_page(self, client: Client) -> None:
        response = client.get("/boyle-bir-sayfa-yok/")
        assert response.status_code == 404
        assert b'id="main-content"' in response.content


class TestBadRequest:
    def test_calls_a_form_that_is_too_large_by_its_name(self, request_of_a_page: HttpRequest) -> None:
        assert errors.bad_request(request_of_a_page, RequestDataTooBig()).status_code == 413


class TestTooManyRequests:
    def test_says_when_to_try_again(self, request_of_a_page: HttpRequest) -> None:
        response = errors.too_many_requests(request_of_a_page, retry_after=timedelta(seconds=61))
        assert response.status_code == 429
        assert response["Retry-After"] == "61"
        assert "2" in _main_of(response)


class TestCsrfFailure:
    def test_does_not_show_the_technical_reason(self, request_of_a_page: HttpRequest) -> None:
        response = errors.csrf_failure(request_of_a_page, reason="Origin checking failed")
        assert response.status_code == 403
        assert "Origin" not in _main_of(response)

    @pytest.mark.parametrize(
        ("told", "offered"),
        [
            ("http://testserver/geri-bildirim/?sayfa=/", ["/geri-bildirim/?sayfa=/"]),
            ("http://testserver//kotu.example/", []),
            ("https://kotu.example/geri-bildirim/", []),
            ("http://[kotu/", []),
            ("http://testserver/" + "x" * 2_000, []),
            ("", []),
        ],
    )
    def test_leads_back_to_the_form_where_that_is_a_page_of_ours(self, told: str, offered: list[str]) -> None:
        strict = Client(enforce_csrf_checks=True)
        response = strict.post("/geri-bildirim/", {"text": "x"}, headers={"Referer": told})
        assert response.status_code == 403
        assert _ways_of(response) == [*offered, "/"]


class TestWrongMethod:
    """A page that takes no forms says so, whatever proof of origin comes with one."""

    @pytest.mark.parametrize("path", ["/", "/yardim/", "/hesabim/giris-gecmisi/", "/yonetim/durum/", "/en/kurumlar/"])
    def test_answers_a_form_where_there_is_only_a_page(self, path: str) -> None:
        for browser in (Client(), Client(enforce_csrf_checks=True)):
            response = browser.post(path, {"x": "y"}, headers={"Accept": "text/html"})
            assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
            assert _ways_of(response)[0] == path

    def test_answers_whoever_opens_a_step_of_a_form(self, client: Client) -> None:
        response = client.get("/yonetim/gise/hesap-ac/", headers={"Accept": "text/html"})
        assert (response.status_code, response["Allow"]) == (405, "POST")
        assert "bu şekilde açılamaz" in _main_of(response)

    def test_answers_programs_without_a_page(self, client: Client) -> None:
        for response in (client.post("/oidc/jwks"), client.post("/yardim/"), client.head("/yonetim/gise/hesap-ac/")):
            assert (response.status_code, response.content) == (405, b"")
            assert response["Allow"]

    @pytest.mark.django_db
    def test_is_the_answer_wherever_the_address_itself_says_so(self) -> None:
        asking, strict = Client(), Client(enforce_csrf_checks=True)
        allowed = {path: asking.options(path).get("Allow", "") for path in addresses()}
        read_only = {path: methods for path, methods in allowed.items() if methods and "POST" not in methods}
        assert len(read_only) > 40
        sent = {path: strict.post(path) for path in read_only}
        assert {path: (answer.status_code, answer.get("Allow")) for path, answer in sent.items()} == {
            path: (405, methods) for path, methods in read_only.items()
        }


class TestSessionGone:
    """A form that comes after the session ended is not lost without a word."""

    FORM = "/hesabim/sifre/"

    @pytest.mark.django_db
    def test_says_so_and_leads_to_signing_in_and_back(self, client: Client) -> None:
        response = client.post(
            self.FORM, {"new_password": "typed"}, headers={"Referer": f"http://testserver{self.FORM}"}
        )
        assert response.status_code == 403
        assert "oturumunuz kapandı" in _main_of(response)
        assert "yenileyin" in _main_of(response)
        assert "typed" not in response.content.decode()
        assert _ways_of(response)[:2] == ["/giris/?sonra=%2Fhesabim%2Fsifre%2F"] * 2
        assert response["Cache-Control"] == "no-store"

    @pytest.mark.django_db
    def test_leads_back_to_the_page_with_the_form_not_to_a_step_of_it(self, client: Client) -> None:
        response = client.post(
            "/yonetim/hizmetler/x/kapat/", headers={"Referer": "http://testserver/yonetim/hizmetler/x/?oldu=evet"}
        )
        assert _ways_of(response)[0] == "/giris/?sonra=%2Fyonetim%2Fhizmetler%2Fx%2F%3Foldu%3Devet"

    @pytest.mark.django_db
    def test_leads_nowhere_that_a_stranger_chose(self, client: Client) -> None:
        response = client.post(self.FORM, headers={"Referer": "https://kotu.example/"})
        assert _ways_of(response)[0] == "/giris/?sonra=%2Fhesabim%2Fsifre%2F"

    @pytest.mark.django_db
    def test_is_no_answer_to_a_page_that_is_only_asked_for(self, client: Client) -> None:
        assert client.get(self.FORM)["Location"] == "/giris/?sonra=%2Fhesabim%2Fsifre%2F"


def _ways_of(response: Any) -> list[str]:
    return [str(link["href"]) for link in BeautifulSoup(response.content, "html.parser").select("main a")]


def _main_of(response: Any) -> str:
    main = BeautifulSoup(response.content, "html.parser").main
    assert main is not None
    return main.get_text()
