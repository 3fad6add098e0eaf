"""Every one-time thing, used 16, 32 and 64 times at once over two processes: one use succeeds.

What was bought lives on; what a replayed code bought dies. Figures: docs/measured/races.md.
"""

import os
import time

import pytest

from tests.installation import make_installation
from tests.proofs.one_time_things import THINGS
from tests.proofs.racing import Race, run_races

pytestmark = pytest.mark.proof


@pytest.fixture(scope="module")
def races(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Race]]:
    """All rounds of the things that are asked about (`-k` chooses some), run once."""
    began, chosen = time.monotonic(), [item.nodeid for item in request.session.items]
    asked = [name for name in THINGS if any(item.endswith(f"[{name}]") for item in chosen)]
    with make_installation(tmp_path_factory.mktemp("races")) as made:
        raced = run_races(made, asked)
    database = "PostgreSQL" if os.environ.get("KAPI_DATABASE_URL", "").startswith("postgres") else "SQLite"
    for name, rounds in raced.items():
        wins, living = (sum(getattr(race, what) for race in rounds) for what in ("wins", "living"))
        line = f"| {name} | {database} | {len(rounds)} | {sum(race.uses for race in rounds)} | {wins} | {living} |"
        print(line)  # noqa: T201 - a line of docs/measured/races.md
    print(f"{time.monotonic() - began:.0f} s")  # noqa: T201
    return raced


@pytest.mark.parametrize("name", list(THINGS))
class TestAThingThatIsGoodOnce:
    def test_succeeds_as_often_as_it_may(self, races: dict[str, list[Race]], name: str) -> None:
        thing = THINGS[name]
        for race in races[name]:
            if thing.wins == "one":
                assert race.wins == 1
            elif thing.wins == "all":
                assert race.wins == race.uses
            assert set(race.refused) <= thing.refusals

    def test_leaves_what_it_bought_alive_or_dead(self, races: dict[str, list[Race]], name: str) -> None:
        for race in races[name]:
            assert race.living == (race.wins if THINGS[name].lives_on else 0)
