"""How the tests read pages."""

from typing import Any

from bs4 import BeautifulSoup


def soup(answer: Any) -> BeautifulSoup:
    """Parse a page that was answered well."""
    assert answer.status_code == 200, answer.status_code
    return BeautifulSoup(answer.content, "html.parser")


def words(answer: Any) -> str:
    """Return the text of the page's main part, whatever its status, blanks made single."""
    main = BeautifulSoup(answer.content, "html.parser").find("main")
    assert main is not None
    return " ".join(main.get_text(" ").split())


def links(answer: Any, selector: str = "main a") -> dict[str, str]:
    """Return the links of a part of the page: text -> address."""
    return {" ".join(a.get_text(" ").split()): str(a["href"]) for a in soup(answer).select(selector)}


def facts(answer: Any) -> dict[str, str]:
    """Return the summary lists of a page: name -> value."""
    rows = soup(answer).select(".govuk-summary-list__row")
    return {
        row.select_one("dt").get_text(strip=True): row.select_one("dd").get_text(" ", strip=True)  # type: ignore[union-attr]
        for row in rows
    }
