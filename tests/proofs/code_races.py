"""A gateway of two processes, a citizen who has agreed, and an institution that redeems one code many times at once."""

import contextlib
import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any
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

AT_ONCE = 64
PROCESSES = 2
CLIENT = "yaris"

_PREPARE = """
import json, sys
from django.utils import timezone
from kapi.contexts.openid.values.authorization import NextKind
from kapi.contexts.openid.services.clients import register_client
from tests import people
from tests.contexts.openid import openid_in_tests as openid

now = timezone.now()
register_client(
    name=openid.NAME, redirect_uris=[openid.REDIRECT_URI], scopes=openid.SCOPES, client_id={client!r},
    jwks={jwks!r}, actor=openid.ACTOR, now=now,
)
people.make_citizen(now=now)
started = people.sign_in(now=now)
openid.get_code({client!r}, started.signed_in, now=now)
print(started.token)
"""


@dataclass(frozen=True)
class Race:
    """What came of one round: how many answers of each kind, and whether the winner's token lived on."""

    answers: Counter[str]
    winner_lives: bool


class RacingInstitution:
    """The gateway under test, and the institution."""

    def __init__(self, installation: Installation) -> None:
        self.key: ECKey = new_key()
        self.port = free_port()
        installation.kapi("migrate")
        session = installation.python(_PREPARE.format(client=CLIENT, jwks=key_set(self.key)))
        self.cookies = {"kapi_session": session.strip().splitlines()[-1]}
        self.issuer = f"http://localhost:{self.port}"
        address = ("--port", str(self.port), "--processes", str(PROCESSES), "--threads", "16")
        server = installation.start("serve", *address, KAPI_GATEWAY_URL=self.issuer)
        # Every refusal is logged: an output that nobody reads would fill its pipe and stop the server.
        threading.Thread(target=_read_away, args=(server.stdout,), daemon=True).start()
        wait_for(self._answers, 60)
        self._threads = ThreadPoolExecutor(AT_ONCE)
        self._connections = [requests.Session() for _ in range(AT_ONCE)]

    def close(self) -> None:
        """Let go of threads and connections."""
        self._threads.shutdown()
        for connection in self._connections:
            connection.close()

    def race(self) -> Race:
        """Redeem a fresh code from all connections at once, then ask what the winner's token is good for."""
        code = self._code()
        now = datetime.now(UTC)
        forms = [self._form(code, assertion(CLIENT, self.key, now=now, aud=self.issuer)) for _ in range(AT_ONCE)]
        start = threading.Barrier(AT_ONCE)

        def redeem(number: int) -> dict[str, Any]:
            start.wait()
            answer = self._connections[number].post(f"{self.issuer}/oidc/token", data=forms[number], timeout=60)
            return {"status": answer.status_code, **answer.json()}

        answers = list(self._threads.map(redeem, range(AT_ONCE)))
        counted = Counter(f"{answer['status']} {answer.get('error', 'tokens')}" for answer in answers)
        winners = [answer["access_token"] for answer in answers if answer["status"] == 200]
        return Race(counted, any(self._lives(token) for token in winners))

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.issuer}/oidc/jwks", timeout=1).status_code == 200
        except requests.RequestException:
            return False

    def _code(self) -> str:
        query = authorization_request(CLIENT).decode()
        answer = requests.get(
            f"{self.issuer}/oidc/authorize?{query}", cookies=self.cookies, allow_redirects=False, timeout=30
        )
        return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]

    def _form(self, code: str, client_assertion: str) -> dict[str, str]:
        return {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT_URI,
            "code_verifier": VERIFIER,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": client_assertion,
        }

    def _lives(self, token: str) -> bool:
        header = {"Authorization": f"Bearer {token}"}
        return requests.get(f"{self.issuer}/oidc/userinfo", headers=header, timeout=30).status_code == 200


def _read_away(output: IO[str]) -> None:
    with contextlib.suppress(ValueError):  # it is closed at the end
        for _line in output:
            pass


def result_line(races: list[Race], seconds: float, database: str) -> str:
    """Describe a run for `docs/measured/`."""
    return json.dumps(
        {
            "database": database,
            "rounds": len(races),
            "at_once": AT_ONCE,
            "processes": PROCESSES,
            "successes": sum(race.answers["200 tokens"] for race in races),
            "winners_alive": sum(race.winner_lives for race in races),
            "seconds": round(seconds, 1),
        }
    )
