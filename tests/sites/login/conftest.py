"""A citizen with an account, and browsers."""

from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from kapi.contexts.identity.values import PersonId
from tests import people


@pytest.fixture
def now() -> datetime:
    """This very moment, for the pages read the clock themselves."""
    return timezone.now()


@pytest.fixture
def citizen(db: None, now: datetime) -> PersonId:
    """A person with an account in use, signed in nowhere."""
    return people.make_citizen(now=now)


@pytest.fixture
def browser() -> Client:
    """A browser that has never been here."""
    return Client(REMOTE_ADDR="192.0.2.10", headers={"User-Agent": people.FIREFOX})


@pytest.fixture
def signed_in(browser: Client, citizen: PersonId) -> Client:
    """The citizen's browser after signing in."""
    answer = browser.post("/giris/", {"identity_number": people.NUMBER.digits, "password": people.PASSWORD})
    assert answer.status_code == 302
    return browser
