from dataclasses import replace

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from kapi.contexts.openid.services.keys import revoke_keys
from kapi.kernel.actors import system

METADATA, KEYS = "/.well-known/openid-configuration", "/oidc/jwks"
ACTOR = system("tests")

pytestmark = pytest.mark.django_db


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

    def test_shows_a_withdrawn_key_to_nobody_from_that_moment_on(self, client: Client) -> None:
        before = client.get(KEYS)
        leaked = before.json()["keys"][0]["kid"]
        revoke_keys(kids=[leaked], actor=ACTOR, now=timezone.now())
        after = client.get(KEYS, headers={"If-None-Match": before.headers["ETag"]})
        assert after.status_code == 200
        assert leaked not in {key["kid"] for key in after.json()["keys"]}
        assert len(after.json()["keys"]) == 2
