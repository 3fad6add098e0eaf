"""A gateway that listens, and a citizen with a browser that knows only HTTP and forms."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

import pytest
import requests
from bs4 import BeautifulSoup
from django.conf import settings as live_settings
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from kapi.contexts.openid.services.clients import register_client
from kapi.contexts.openid.values.clients import Profile, RegisteredClient
from tests import people
from tests.contexts.openid.openid_in_tests import ACTOR, NAME, SCOPES

CALLBACK = "http://localhost:9/geri"  # never called: the test reads the address where the browser would go
AFTERWARDS = "http://localhost:9/cikis"
Register = Callable[..., RegisteredClient]


@dataclass
class Citizen:
    """A person at a browser without scripts: follows redirects, fills in the forms it is shown.

    Shares everything that may be chosen but what it `keeps`.
    """

    http: requests.Session = field(default_factory=requests.Session)
    keeps: frozenset[str] = frozenset()

    def go(self, url: str) -> str:
        """Follow an address through sign-in and approval, and return where the institution would be called back."""
        answer = self._get(url)
        for _ in range(5):
            if not answer.url.startswith(live_settings.OPENID.issuer):
                return str(answer.url)
            form = BeautifulSoup(answer.text, "html.parser").select_one("main form")
            assert form is not None, answer.text
            fields: dict[str, Any] = {
                str(item["name"]): str(item.get("value", "")) for item in form.select("input[type=hidden]")
            }
            if form.select_one("[name=identity_number]"):
                fields |= {"identity_number": people.NUMBER.digits, "password": people.PASSWORD}
            elif form.select_one("[name=decision]"):
                fields["decision"] = "allow"
                fields |= {
                    "share": [box["value"] for box in form.select("[name=share]") if box["value"] not in self.keeps]
                }
            answer = self._send(urljoin(answer.url, str(form.get("action") or "")), fields)
        raise AssertionError(f"the citizen is lost at {answer.url}")

    def _get(self, url: str) -> Any:
        return self._follow(self.http.get(url, allow_redirects=False, timeout=30))

    def _send(self, url: str, fields: dict[str, Any]) -> Any:
        return self._follow(self.http.post(url, fields, allow_redirects=False, timeout=30))

    def _follow(self, answer: Any) -> Any:
        while "Location" in answer.headers:
            url = urljoin(answer.url, answer.headers["Location"])
            if not url.startswith(live_settings.OPENID.issuer):
                answer.url = url
                return answer
            answer = self.http.get(url, allow_redirects=False, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer


@pytest.fixture
def now() -> datetime:
    """This very moment."""
    return timezone.now()


@pytest.fixture
def issuer(live_server: LiveServer, settings: Settings) -> str:
    """The gateway, listening."""
    settings.OPENID = replace(settings.OPENID, issuer=live_server.url)
    settings.ALLOW_PRIVATE_ADDRESSES = True
    return str(live_server.url)


@pytest.fixture
def citizen(issuer: str, now: datetime) -> Iterator[Citizen]:
    """A person with an account."""
    people.make_citizen(now=now)
    person = Citizen()
    yield person
    person.http.close()


@pytest.fixture
def register(issuer: str, now: datetime) -> Register:
    """Register the relying party with its public keys."""

    def _register(jwks: dict[str, Any], profile: Profile = Profile.BASELINE, **more: Any) -> RegisteredClient:
        return register_client(
            name=NAME,
            redirect_uris=[CALLBACK],
            post_logout_redirect_uris=[AFTERWARDS],
            scopes=SCOPES,
            jwks=jwks,
            profile=profile,
            actor=ACTOR,
            now=now,
            **more,
        )

    return _register
