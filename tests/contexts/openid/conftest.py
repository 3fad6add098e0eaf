"""A citizen who has signed in, and a client."""

from datetime import datetime

import pytest
from joserfc.jwk import ECKey
from pytest_django import Settings

from kapi.contexts.identity.values import SignedIn
from tests import people
from tests.contexts.openid.openid_in_tests import add_client, new_key

KEY = new_key()


@pytest.fixture
def key() -> ECKey:
    """The client's key pair."""
    return KEY


@pytest.fixture
def client_id(db: None, now: datetime, key: ECKey) -> str:
    """A client that proves itself by its key."""
    return add_client(now=now, keys=[key], client_id="belediye").id


@pytest.fixture(autouse=True)
def _passwords_are_quick(settings: Settings) -> None:
    """Passwords are not what these tests are about."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


@pytest.fixture
def session(db: None, now: datetime) -> SignedIn:
    """A citizen who has signed in just now."""
    people.make_citizen(now=now)
    return people.sign_in(now=now).signed_in
