"""`openid-client` (npm, by Filip Skokan, certified) signs a citizen in and out, unpatched."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.conf import settings
from django.utils import timezone

from kapi.contexts.openid.values.clients import Profile
from kapi.foundation.outbox.services import deliver_due
from tests.contexts.openid.openid_in_tests import key_set, new_key
from tests.contracts.relying_parties.conftest import AFTERWARDS, CALLBACK, Citizen, Register

LIBRARY = settings.BASE_DIR / "node_modules/openid-client/build/index.js"
SCRIPT = Path(__file__).with_name("openid_client.mjs")
NODE = Path(sys.executable).with_name("node")
Talk = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def talk() -> Iterator[Talk]:
    """Say a line to the relying party and hear one."""
    assert LIBRARY.exists(), "openid-client is not installed; run `make assets` (or `.venv/bin/kapi assets`)"
    process = subprocess.Popen(
        [str(NODE), str(SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )

    def exchange(words: dict[str, Any]) -> dict[str, Any]:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(json.dumps(words) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert line, process.stderr.read()
        return dict(json.loads(line))

    yield exchange
    process.kill()
    process.communicate(timeout=60)


class TestOpenidClient:
    @pytest.mark.parametrize("profile", [Profile.BASELINE, Profile.FAPI])
    def test_signs_a_citizen_in_and_out(
        self, talk: Talk, citizen: Citizen, register: Register, issuer: str, profile: Profile
    ) -> None:
        key = new_key("kurum-1")
        client_id = register(key_set(key), profile=profile).id
        begun = talk(
            {
                "library": LIBRARY.as_uri(),
                "issuer": issuer,
                "profile": profile,
                "client_id": client_id,
                "key": key.as_dict(private=True),
                "redirect_uri": CALLBACK,
                "post_logout_redirect_uri": AFTERWARDS,
            }
        )
        is_fapi = profile is Profile.FAPI
        assert set(dict(parse_qsl(urlsplit(begun["url"]).query))) == {"client_id", "request_uri"} or not is_fapi
        callback = citizen.go(begun["url"])
        assert callback.startswith(CALLBACK)

        again = talk({"callback": callback})
        told = talk({"callback": citizen.go(again["url"])})
        assert told["claims"]["sid"] == told["first"]["sid"]
        assert told["claims"]["auth_time"] >= told["first"]["auth_time"]
        assert told["token_type"] == ("dpop" if is_fapi else "bearer")  # in small letters, as the library reads it
        assert told["claims"]["iss"] == issuer
        assert told["userinfo"]["sub"] == told["claims"]["sub"]
        assert told["userinfo"]["name"] == "Deniz Yılmaz"
        assert told["userinfo"]["identity_number"] == "10000000146"

        after = citizen.go(told["sign_out"])
        assert after == f"{AFTERWARDS}?state=ciktim"
        deliver_due(limit=100, now=timezone.now())
        assert talk({"after": after})["status"] == 401
