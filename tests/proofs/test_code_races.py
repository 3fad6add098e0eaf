"""One code, redeemed many times at once over two processes: exactly one success, and the replay revokes it."""

import os
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.installation import Installation
from tests.proofs.code_races import AT_ONCE, RacingInstitution, result_line

ROUNDS = 100
ONE_SUCCESS = Counter({"200 tokens": 1, "400 invalid_grant": AT_ONCE - 1})


@pytest.fixture
def institution(installation: Installation) -> Iterator[RacingInstitution]:
    """The institution that redeems."""
    racing = RacingInstitution(installation)
    yield racing
    racing.close()


class TestACodeRedeemedManyTimesAtOnce:
    def test_succeeds_once_and_the_replay_revokes_what_the_first_got(self, institution: RacingInstitution) -> None:
        for _ in range(3):
            race = institution.race()
            assert race.answers == ONE_SUCCESS
            assert not race.winner_lives

    @pytest.mark.proof
    def test_does_so_a_hundred_times(self, institution: RacingInstitution) -> None:
        began = time.monotonic()
        races = [institution.race() for _ in range(ROUNDS)]
        database = "PostgreSQL" if os.environ.get("KAPI_DATABASE_URL", "").startswith("postgres") else "SQLite"
        print(result_line(races, time.monotonic() - began, database))  # noqa: T201 - the measured line
        assert [race.answers for race in races] == [ONE_SUCCESS] * ROUNDS
        assert not any(race.winner_lives for race in races)
