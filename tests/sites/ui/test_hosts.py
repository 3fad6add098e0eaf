"""Hosts that are ours and hosts that are not; sites with host names of their own."""

import json
import os
import subprocess
import sys

import pytest
from django.test import Client

from tests.architecture.source import ROOT, SOURCE

ASK = """
import json, django
django.setup()
from django.conf import settings
from django.test import Client
from django.urls import is_valid_path
from kapi.sites.ui.links import own_origins
answers = [Client().get("/.well-known/security.txt", headers={"host": host}).status_code
           for host in settings.URLCONF_BY_HOST]
print(json.dumps({
    "answers": answers,
    "search": {host: bool(is_valid_path("/ara", urlconf=urls)) for host, urls in settings.URLCONF_BY_HOST.items()},
    "health": [Client().get("/saglik", headers={"host": host}).headers["Content-Type"]
               for host in [*settings.URLCONF_BY_HOST, "10.0.0.5"]],
    "origins": own_origins(),
}))
"""


class TestSiteByHost:
    def test_answers_on_each_host_for_its_own_sites_only(self) -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": str(SOURCE),
            "DJANGO_SETTINGS_MODULE": "kapi.config.settings",
            "KAPI_GATEWAY_URL": "http://kapi.localhost",
            "KAPI_LOGIN_URL": "http://giris.localhost",
            "KAPI_COOKIE_DOMAIN": "localhost",
            "KAPI_SECRET_KEY": "a-secret-key-of-this-test-and-of-nothing-else",
        }
        done = subprocess.run(
            [sys.executable, "-c", ASK], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        told = json.loads(done.stdout.splitlines()[-1])
        assert told["answers"] == [200, 200]
        assert told["health"] == ["application/json"] * 3
        assert told["search"] == {"kapi.localhost": True, "giris.localhost": False}
        assert told["origins"] == ["http://giris.localhost", "http://kapi.localhost"]


@pytest.mark.django_db
class TestKnownHosts:
    @pytest.mark.parametrize("host", ["127.0.0.2", "evil.example", "localhost.evil.example", "a b", "x" * 300, "[::1"])
    @pytest.mark.parametrize("path", ["/", "/ara?q=x", "/boyle-bir-sayfa-yok", "/oidc/token", "/api/openapi.json"])
    def test_refuses_a_name_that_is_not_ours_without_repeating_it(self, client: Client, host: str, path: str) -> None:
        answer = client.get(path, headers={"host": host})
        assert answer.status_code == 400
        assert host not in answer.text
        assert "http://localhost:8000" in answer.text

    def test_answers_of_its_health_under_any_name(self, client: Client) -> None:
        assert set(client.get("/saglik", headers={"host": "10.0.0.5:8000"}).json()) >= {"status", "database"}
