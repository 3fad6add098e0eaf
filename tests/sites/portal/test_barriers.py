"""Reports of barriers."""

import pytest
from django.test import Client

from kapi.contexts.catalogue import selectors
from tests.sites.portal.reading import soup, words

PATH = "/erisilebilirlik/engel-bildir/"


@pytest.mark.django_db
class TestReport:
    def test_is_kept_with_how_to_answer_and_answered_with_its_number(self, client: Client) -> None:
        answer = client.post(
            PATH, {"text": "Odak görünmüyor", "page": "/ara", "aids": "NVDA", "contact": " a@example.org "}
        )
        (report,) = selectors.barrier_reports(limit=5)
        assert (report.text, report.page, report.contact) == ("Odak görünmüyor\n\nNVDA", "/ara", "a@example.org")
        received = client.get(answer.headers["Location"])
        assert f"Bildirim numaranız {report.id}" in words(received)
        assert "size yanıt verirler" in words(received)

    def test_needs_no_name_and_no_address(self, client: Client) -> None:
        answer = client.post(PATH, {"text": "Yazı çok küçük", "page": "ana sayfa"})
        assert selectors.barrier_reports(limit=5)[0].text == "Yazı çok küçük\n\nana sayfa"
        assert "yanıt veremeyiz" in words(client.get(answer.headers["Location"]))

    def test_names_each_field_that_is_to_be_mended_and_keeps_the_others(self, client: Client) -> None:
        page = soup(client.post(PATH, {"text": "", "aids": "x" * 2001, "contact": "y" * 201, "page": "/ara"}))
        assert [a["href"] for a in page.select(".govuk-error-summary a")] == ["#text", "#aids", "#contact"]
        field = page.select_one("#page")
        assert field is not None
        assert field["value"] == "/ara"
        described = page.select_one("#contact[aria-describedby~=contact-error]")
        assert described is not None
        assert selectors.barrier_reports(limit=5) == []

    def test_speaks_english_too(self, client: Client) -> None:
        assert "Report a barrier" in words(client.get("/en/erisilebilirlik/engel-bildir/"))

    @pytest.mark.parametrize("token", ["", "x", "WyIxIl0:1:1"])
    def test_shows_no_number_that_we_did_not_give(self, client: Client, token: str) -> None:
        assert client.get(f"{PATH}alindi/", {"kayit": token}).status_code == 404
