"""Error pages: they explain, they stand without the database, they speak both languages."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import translation

from kapi.sites.ui import errors

PAGES = {
    400: errors.bad_request,
    403: errors.not_permitted,
    404: errors.not_found,
    405: errors.wrong_method,
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


def _main_of(response: HttpResponse) -> str:
    main = BeautifulSoup(response.content, "html.parser").main
    assert main is not None
    return main.get_text()
