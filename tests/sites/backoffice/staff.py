"""People at work, and how the tests read their pages."""

from datetime import datetime
from typing import Any

from bs4 import BeautifulSoup
from django.conf import settings
from django.test import Client

from kapi.contexts.identity import services as identity
from kapi.contexts.identity.values import BirthDate, PersonId
from kapi.contexts.institutions.values import Role
from kapi.kernel.identifiers import IdentityNumber
from tests import people
from tests.contexts.institutions.institutions_in_tests import give_role

GATEWAY = "10000000"  # the operating institution
MINISTRY = "20000001"
FACULTY = "20000002"  # a unit of it
OTHER = "30000001"

_NUMBERS = people.make_numbers(40)


def number(place: int) -> IdentityNumber:
    """Return the identity number of the person in that place."""
    return _NUMBERS[place]


def make_person(place: int, *, now: datetime, name: str = "Deniz", **more: Any) -> PersonId:
    """Register a person without an account."""
    return people.register(now=now, number=number(place), given_names=name, **more)


def at_work(place: int, *roles: tuple[Role, str], now: datetime, name: str = "Deniz") -> Client:
    """Return the browser of a person with roles (role, institution), signed in; who has any, by passkey."""
    person_id = make_person(place, now=now, name=name)
    issued = identity.issue_account(person_id=person_id, actor=people.DESK, now=now)
    started = people.sign_in(now=now, number=number(place), password=issued.code, address=f"203.0.113.{place}")
    renewed = identity.choose_first_password(
        session_id=started.signed_in.session_id,
        new_password=people.PASSWORD,
        actor=started.signed_in.actor,
        now=now,
    )
    if roles:
        people.prove_with_passkey(renewed.signed_in.session_id, now=now)
    for role, code in roles:
        give_role(person_id, code, role, now=now)
    browser = Client(headers={"User-Agent": people.FIREFOX})
    browser.cookies[settings.SESSION_COOKIE_NAME] = renewed.token
    browser.person_id = person_id  # type: ignore[attr-defined]
    return browser


def words(answer: Any) -> str:
    """Return the text of the page's main part, blanks made single."""
    main = BeautifulSoup(answer.content, "html.parser").find("main")
    assert main is not None
    return " ".join(main.get_text(" ").split())


def mistakes(answer: Any) -> list[tuple[str, str]]:
    """Return the error summary: text and the field each leads to; every link leads to something on the page."""
    page = BeautifulSoup(answer.content, "html.parser")
    links = page.select(".govuk-error-summary__list a")
    for link in links:
        assert page.find(id=str(link["href"])[1:]) is not None, link
    return [(link.get_text(strip=True), str(link["href"])) for link in links]


def rows(answer: Any) -> list[list[str]]:
    """Return the cells of the page's table."""
    page = BeautifulSoup(answer.content, "html.parser")
    return [
        [" ".join(cell.get_text(" ").split()) for cell in row.find_all(["th", "td"])]
        for row in page.select("main tbody tr")
    ]


BORN_2012 = BirthDate(year=2012, month=2, day=18)
