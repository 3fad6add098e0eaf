import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from kapi.contexts.openid.services.keys import revoke_keys
from kapi.kernel.actors import system
from kapi.sites.login.documents import Document, key_set

METADATA, KEYS = "/.well-known/openid-configuration", "/oidc/jwks"
ACTOR = system("tests")

pytestmark = pytest.mark.django_db


def kids_of(keys: Document) -> list[str]:
    """List the names of the keys of a set."""
    return [key["kid"] for key in json.loads(keys.body)["keys"]]


class TestADocument:
    @pytest.mark.parametrize("path", [METADATA, KEYS])
    def test_is_not_sent_again_to_who_has_it(self, client: Client, path: str) -> None:
        first = client.get(path)
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"] == "public, max-age=600"
        assert client.get(path, headers={"If-None-Match": '"another"'}).content == first.content

    def test_changes_with_the_settings(self, client: Client) -> None:
        before = client.get(METADATA)
        with override_settings(OPENID=replace(settings.OPENID, mtls="https://mtls.example")):
            after = client.get(METADATA, headers={"If-None-Match": before.headers["ETag"]})
        assert after.json()["mtls_endpoint_aliases"]["token_endpoint"] == "https://mtls.example/oidc/token"
        assert client.get(METADATA).json() == before.json()


class TestKeySet:
    """A key's withdrawal, its use and its belief are asked of the database each time; only this list may be late."""

    def test_is_a_second_old_at_most(self, now: datetime, django_assert_num_queries: Any) -> None:
        first = key_set(now=now)
        [leaked, _] = kids_of(first)
        revoke_keys(kids=[leaked], actor=ACTOR, now=now)
        with django_assert_num_queries(0):
            assert key_set(now=now + timedelta(milliseconds=999)) == first
        with django_assert_num_queries(1):
            later = key_set(now=now + timedelta(seconds=1))
        assert later.etag != first.etag
        assert leaked not in kids_of(later)
        assert len(kids_of(later)) == 2

    def test_is_asked_for_anew_when_the_clock_was_set_back(self, now: datetime, django_assert_num_queries: Any) -> None:
        key_set(now=now)
        with django_assert_num_queries(1):
            key_set(now=now - timedelta(milliseconds=1))

    def test_is_never_older_than_clients_may_keep_it(self, now: datetime) -> None:
        """So the next key is known to all in twice that time, after which it may sign (`rules/keys.py`)."""
        with override_settings(OPENID=replace(settings.OPENID, jwks_max_age=timedelta(milliseconds=10))):
            [first, _] = kids_of(key_set(now=now))
            revoke_keys(kids=[first], actor=ACTOR, now=now)
            assert first in kids_of(key_set(now=now + timedelta(milliseconds=9)))
            assert first not in kids_of(key_set(now=now + timedelta(milliseconds=10)))

    def test_is_what_the_endpoint_answers(self, client: Client) -> None:
        assert client.get(KEYS).content == key_set(now=timezone.now()).body
        assert {"use", "kty", "kid", "crv", "x", "y", "alg"} >= set(client.get(KEYS).json()["keys"][0])
