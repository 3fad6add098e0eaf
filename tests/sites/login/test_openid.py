"""The protocol endpoints over HTTP."""

import pytest
from django.test import Client as Browser
from django.urls import reverse

pytestmark = pytest.mark.django_db


class TestDiscovery:
    def test_names_endpoints_that_are_there(self, client: Browser) -> None:
        answer = client.get("/.well-known/openid-configuration")
        document = answer.json()
        assert document["issuer"] == "http://localhost:8000"
        assert answer["Cache-Control"] == "public, max-age=600"
        endpoints = {"jwks_uri": "jwks"}
        for member, name in endpoints.items():
            assert document[member] == document["issuer"] + reverse(f"oidc:{name}")

    def test_is_the_metadata_of_the_authorization_server_too(self, client: Browser) -> None:
        first, second = (
            client.get(f"/.well-known/{name}").json() for name in ("openid-configuration", "oauth-authorization-server")
        )
        assert first == second

    def test_is_only_read(self, client: Browser) -> None:
        assert client.post("/.well-known/openid-configuration").status_code == 405


class TestJwks:
    def test_publishes_a_key_to_use_and_one_to_come_from_the_first_request_on(self, client: Browser) -> None:
        answer = client.get("/oidc/jwks")
        assert len(answer.json()["keys"]) == 2
        assert answer["Cache-Control"] == "public, max-age=600"
        assert client.get("/oidc/jwks").json() == answer.json()
