"""An institution that redeems one code many times at once, over two processes of the gateway."""

import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import requests

from tests.contracts.served_gateway import ServedGateway

AT_ONCE = 64
PROCESSES = 2
ONE_SUCCESS = Counter({"200 tokens": 1, "400 invalid_grant": AT_ONCE - 1})


@dataclass(frozen=True)
class Race:
    """What came of one round: how many answers of each kind, and whether the winner's token lived on."""

    answers: Counter[str]
    winner_lives: bool


class RacingInstitution:
    """The gateway under test, and as many connections to it as race."""

    def __init__(self, gateway: ServedGateway) -> None:
        self._gateway = gateway
        self._threads = ThreadPoolExecutor(AT_ONCE)
        self._connections = [requests.Session() for _ in range(AT_ONCE)]

    def close(self) -> None:
        """Let go of threads and connections."""
        self._threads.shutdown()
        for connection in self._connections:
            connection.close()

    def race(self) -> Race:
        """Redeem a fresh code from all connections at once, then ask what the winner's token is good for."""
        code = self._gateway.get_code()
        forms = [self._gateway.token_form(code) for _ in range(AT_ONCE)]
        endpoint, start = f"{self._gateway.issuer}/oidc/token", threading.Barrier(AT_ONCE)

        def redeem(number: int) -> dict[str, Any]:
            start.wait()
            answer = self._connections[number].post(endpoint, data=forms[number], timeout=60)
            return {"status": answer.status_code, **answer.json()}

        answers = list(self._threads.map(redeem, range(AT_ONCE)))
        counted = Counter(f"{answer['status']} {answer.get('error', 'tokens')}" for answer in answers)
        winners = [answer["access_token"] for answer in answers if answer["status"] == 200]
        return Race(counted, any(self._gateway.userinfo(token).status_code == 200 for token in winners))


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
