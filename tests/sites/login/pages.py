"""How the tests read pages and fill in forms."""

from typing import Any

from bs4 import BeautifulSoup
from django.test import Client

from tests import people


def fill_in(
    browser: Client,
    number: str = people.NUMBER.digits,
    password: str = people.PASSWORD,
    path: str = "/giris/",
    **more: str,
) -> Any:
    """Send the sign-in form."""
    return browser.post(path, {"identity_number": number, "password": password, **more})


def words(answer: Any) -> str:
    """Return the text of the page's main part, blanks made single."""
    main = BeautifulSoup(answer.content, "html.parser").find("main")
    assert main is not None
    return " ".join(main.get_text(" ").split())


def mistakes(answer: Any) -> list[tuple[str, str]]:
    """Return the error summary: text and the field each leads to."""
    summary = BeautifulSoup(answer.content, "html.parser").select(".govuk-error-summary__list a")
    return [(link.get_text(strip=True), str(link["href"])) for link in summary]


def next_page(answer: Any) -> str:
    """Return the query that leads to older entries, empty on the last page."""
    link = BeautifulSoup(answer.content, "html.parser").select_one(".govuk-pagination__next a")
    return str(link["href"]) if link else ""
