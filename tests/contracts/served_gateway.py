"""A gateway of real processes, with a client and a citizen who has agreed to it; its whole output is kept."""

import contextlib
import threading
from datetime import UTC, datetime
from typing import IO
from urllib.parse import parse_qs, urlsplit

import requests
from joserfc.jwk import ECKey

from tests.commands.test_work import free_port, wait_for
from tests.contexts.openid.openid_in_tests import (
    REDIRECT_URI,
    VERIFIER,
    assertion,
    authorization_request,
    key_set,
    new_key,
)
from tests.installation import Installation

CLIENT = "kurum"

_PREPARE = """
from django.utils import timezone
from kapi.contexts.openid.services.clients import register_client
from kapi.contexts.openid.values.clients import Profile
from tests import people
from tests.contexts.openid import openid_in_tests as openid

now = timezone.now()
register_client(
    name=openid.NAME, redirect_uris=[openid.REDIRECT_URI], scopes=openid.SCOPES, client_id={client!r},
    jwks={jwks!r}, profile=Profile.BASELINE, actor=openid.ACTOR, now=now,
)
people.make_citizen(now=now)
started = people.sign_in(now=now)
openid.get_code({client!r}, started.signed_in, now=now, scope="openid profile identity_number")
print(started.token)
"""


class ServedGateway:
    """The gateway, and what an institution and a browser say to it."""

    def __init__(
        self, installation: Installation, *, processes: int = 1, prepare: str = "", **environment: str
    ) -> None:
        self.installation = installation
        self.key: ECKey = new_key()
        self.output: list[str] = []
        self.issuer = f"http://localhost:{free_port()}"
        installation.kapi("migrate")
        session = installation.python(prepare or _PREPARE.format(client=CLIENT, jwks=key_set(self.key)))
        self.session_token = session.strip().splitlines()[-1]
        address = ("--port", str(urlsplit(self.issuer).port), "--processes", str(processes), "--threads", "16")
        server = installation.start("serve", *address, KAPI_GATEWAY_URL=self.issuer, **environment)
        # Every refusal is logged: an output that nobody reads would fill its pipe and stop the server.
        threading.Thread(target=self._keep, args=(server.stdout,), daemon=True).start()
        wait_for(self._answers, 60)

    def get_code(self) -> str:
        """Let the citizen's browser bring a code."""
        query = authorization_request(CLIENT, scope="openid profile identity_number").decode()
        answer = requests.get(
            f"{self.issuer}/oidc/authorize?{query}",
            cookies={"kapi_session": self.session_token},
            allow_redirects=False,
            timeout=30,
        )
        return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]

    def token_form(self, code: str, **changes: str) -> dict[str, str]:
        """Return a good token request with an assertion of its own."""
        return {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT_URI,
            "code_verifier": VERIFIER,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion(CLIENT, self.key, now=datetime.now(UTC), aud=self.issuer),
            **changes,
        }

    def userinfo(self, token: str) -> requests.Response:
        """Ask with an access token."""
        header = {"Authorization": f"Bearer {token}"}
        return requests.get(f"{self.issuer}/oidc/userinfo", headers=header, timeout=30)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.issuer}/oidc/jwks", timeout=1).status_code == 200
        except requests.RequestException:
            return False

    def _keep(self, output: IO[str]) -> None:
        with contextlib.suppress(ValueError):  # it is closed at the end
            for line in output:
                self.output.append(line)
