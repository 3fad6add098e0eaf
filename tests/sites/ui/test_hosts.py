"""Sites with host names of their own."""

import json
import os
import subprocess
import sys

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
    "health": {host: bool(is_valid_path("/saglik", urlconf=urls)) for host, urls in settings.URLCONF_BY_HOST.items()},
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
            "KAPI_SECRET_KEY": "a-secret-key-of-this-test-and-of-nothing-else",
        }
        done = subprocess.run(
            [sys.executable, "-c", ASK], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        told = json.loads(done.stdout.splitlines()[-1])
        assert told["answers"] == [200, 200]
        assert told["health"] == {"kapi.localhost": True, "giris.localhost": False}
        assert told["origins"] == ["http://giris.localhost", "http://kapi.localhost"]
