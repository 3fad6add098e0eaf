"""One code, redeemed many times at once over two processes: exactly one success, and the replay revokes it.

Two rounds of it belong to every test run: tests/contracts/test_served_gateway.py.
"""

import os
import time
from collections.abc import Iterator

import pytest

from tests.contracts.served_gateway import ServedGateway
from tests.installation import Installation
from tests.proofs.code_races import ONE_SUCCESS, PROCESSES, RacingInstitution, result_line

ROUNDS = 100


@pytest.fixture
def institution(installation: Installation) -> Iterator[RacingInstitution]:
    """The institution that redeems."""
    racing = RacingInstitution(ServedGateway(installation, processes=PROCESSES))
    yield racing
    racing.close()


@pytest.mark.proof
class TestACodeRedeemedManyTimesAtOnce:
    def test_succeeds_once_in_a_hundred_rounds_and_the_replay_revokes_it(self, institution: RacingInstitution) -> None:
        began = time.monotonic()
        races = [institution.race() for _ in range(ROUNDS)]
        database = "PostgreSQL" if os.environ.get("KAPI_DATABASE_URL", "").startswith("postgres") else "SQLite"
        print(result_line(races, time.monotonic() - began, database))  # noqa: T201 - the measured line
        assert [race.answers for race in races] == [ONE_SUCCESS] * ROUNDS
        assert not any(race.winner_lives for race in races)
