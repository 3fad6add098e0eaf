"""Every address of every site, whatever is sent to it: no secret in a log at DEBUG, in an address, or in a link.

The addresses are read from the gateway's own table, so a new page is tested from its first day.
"""

import logging
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from pytest_django.fixtures import Settings

from kapi.contexts.institutions.values import Role
from tests import people
from tests.contexts.institutions.institutions_in_tests import add_top
from tests.sites.backoffice.staff import GATEWAY, MINISTRY, at_work, make_person, number

NUMBER = people.OTHER_NUMBER.digits
SECRET = "a-secret-of-this-test"
# What forms and protocol fields hold that nobody else may see. Unknown fields do no harm.
POSTED = {
    "identity_number": NUMBER,
    "password": f"{SECRET}-password",
    "current_password": f"{SECRET}-current",
    "new_password": f"{SECRET}-new",
    "new_password_again": f"{SECRET}-new",
    "username": NUMBER,
    "code": f"{SECRET}-code",
    "code_verifier": f"{SECRET}-verifier" + "x" * 43,
    "client_assertion": f"eyJhbGciOiJFUzI1NiJ9.{SECRET}.assertion",
    "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    "client_secret": f"{SECRET}-client",
    "grant_type": "authorization_code",
    "id_token_hint": f"eyJhbGciOiJFUzI1NiJ9.{SECRET}.hint",
    "access_token": f"eyJhbGciOiJFUzI1NiJ9.{SECRET}.access",
    "token": f"{SECRET}-token",
    "accessToken": f"eyJhbGciOiJFUzI1NiJ9.{SECRET}.edevlet",
    "principal": "1",
    "tax_number": "4540536920",
    "refresh_token": f"{SECRET}-refresh",
    "text": f"benim numaram {NUMBER}",
    "contact": f"{SECRET}@example",
    "given_names": "Deniz",
    "birth_year": "1990",
}
SAMPLES = {"language": "tr", "code": MINISTRY, "word": "oturum"}
EVERY_ROLE = [(role, GATEWAY if role in {Role.OPERATOR, Role.OPERATOR_APPROVER} else MINISTRY) for role in Role]


def addresses() -> list[str]:
    """List one address for each line of the table; forms that end things come last."""
    found = list(dict.fromkeys(_addresses(get_resolver().url_patterns, "/")))
    return sorted(found, key=lambda path: ("cikis" in path, path))


def _addresses(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[str]:
    for pattern in patterns:
        route = before + _filled(str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from _addresses(pattern.url_patterns, route)
        else:
            yield route


def _filled(route: str) -> str:
    """Put something into the places of a route."""
    return re.sub(r"<(?:(\w+):)?(\w+)>", lambda place: SAMPLES.get(place[2], "1"), route).lstrip("^").rstrip("$")


class Visitor:
    """A browser that remembers every cookie it ever had, and every address it was ever led to."""

    def __init__(self, browser: Client) -> None:
        self.browser = browser
        self.cookies: set[str] = set()
        self.led_to: set[str] = set()
        self._keep()

    def calls(self, path: str) -> list[int]:
        """Ask for a page, and send its form with everything that is secret."""
        bearer = {"Authorization": f"Bearer eyJhbGciOiJFUzI1NiJ9.{SECRET}.bearer"}
        answers = [
            self.browser.get(path, headers=bearer),
            self.browser.post(path, POSTED, headers=bearer),
            self.browser.post(path, "{" + SECRET, content_type="application/json", headers=bearer),
        ]
        for answer in answers:
            self._keep()
            self.led_to.add(answer.get("Location", ""))
            if "html" in answer.get("Content-Type", "") and not answer.streaming:
                self.led_to |= set(_links(answer))
        return [answer.status_code for answer in answers]

    def _keep(self) -> None:
        self.cookies |= {
            morsel.value for morsel in self.browser.cookies.values() if morsel.value and len(morsel.value) > 8
        }


def _links(answer: Any) -> Iterator[str]:
    page = BeautifulSoup(answer.content.decode(), "html.parser")
    for name in ("href", "src", "action", "formaction"):
        yield from (str(element[name]) for element in page.select(f"[{name}]"))


@pytest.fixture
def now() -> datetime:
    """This very moment, for the pages read the clock themselves."""
    return timezone.now()


@pytest.fixture
def insider(db: None, now: datetime, settings: Settings) -> Client:
    """The browser of somebody who may do everything; whose passkey the walk through all addresses takes away."""
    settings.STAFF_BY_PASSWORD = True
    add_top(GATEWAY, "Kapı İşletmesi", now=now)
    add_top(MINISTRY, "Örnek Bakanlığı", now=now)
    people.make_citizen(now=now, number=people.OTHER_NUMBER)
    make_person(3, now=now)
    return at_work(2, *EVERY_ROLE, now=now)


class TestSecrets:
    def test_are_in_no_log_and_no_address(self, insider: Client, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        stranger, colleague = Visitor(Client(headers={"User-Agent": people.FIREFOX})), Visitor(insider)
        paths = addresses()
        assert len(paths) > 60
        answers = {path: [*stranger.calls(path), *colleague.calls(path)] for path in paths}
        # The insider's answers are the last three; they were let in to the end.
        assert [answers[path][3] for path in ("/hesabim/sifre/", "/yonetim/gise/", "/yonetim/durum/")] == [200] * 3
        assert {path: codes for path, codes in answers.items() if max(codes) >= 500 and path != "/saglik"} == {}
        secrets = {SECRET, NUMBER, number(2).digits, people.PASSWORD} | stranger.cookies | colleague.cookies
        assert len(secrets) > 5
        assert sorted(secret for secret in secrets if secret in caplog.text) == []
        led_to = stranger.led_to | colleague.led_to
        assert sorted(link for link in led_to if any(secret in link for secret in secrets)) == []

    def test_would_be_seen(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        logging.getLogger("kapi.sites").debug("signed in: %s", SECRET)
        assert SECRET in caplog.text
