"""Long proofs of signing in: how long refusals take, codes used by many at once, limits kept in Redis."""

import random
import statistics
import time
from collections import Counter
from datetime import datetime, timedelta

import pytest

from kapi.contexts.identity.errors import SignInRefused
from tests.contexts.identity.test_races import run_races
from tests.foundation.limits.conftest import redis_url  # noqa: F401 - a fixture
from tests.installation import Installation
from tests.people import NOBODYS_NUMBER, NUMBER, issue, make_citizen, make_numbers, register, sign_in

pytestmark = pytest.mark.proof
SAMPLES = 300
# 3.5 standard deviations of the Mann-Whitney statistic at so many samples of each kind.
FAIR = 0.083
ROUNDS = 100
ISSUE_CODES = f"""
numbers = people.make_numbers({ROUNDS})
print(json.dumps([people.issue(now=now, number=number)[1].code for number in numbers]))
"""
USE_CODES = f"""
for round, (number, code) in enumerate(zip(people.make_numbers({ROUNDS}), prepared)):
    race(f"round {{round}}", 8, lambda thread: people.sign_in(
        now=now, number=number, password=code, address=f"198.{{round}}.{{thread}}.{{here}}"
    ).signed_in.session_id)
print(json.dumps(answers))
"""


@pytest.mark.django_db(transaction=True)
class TestRefusals:
    def test_take_a_time_that_does_not_tell_whose_number_it_was(self, now: datetime) -> None:
        """Take interleaved samples and ask how often the longer time would betray the kind of the number."""
        without_account, awaiting = make_numbers(2)
        register(now=now, number=without_account)
        issue(now=now, number=awaiting)
        make_citizen(now=now)
        kinds = {"no account": without_account, "awaiting a password": awaiting, "in use": NUMBER}
        numbers = [NOBODYS_NUMBER, *kinds.values()]
        taken: dict[str, list[float]] = {number.digits: [] for number in numbers}
        for sample in range(SAMPLES):
            at = now + timedelta(days=31 * sample)  # every budget is whole again
            for number in random.Random(sample).sample(numbers, len(numbers)):
                began = time.perf_counter()
                with pytest.raises(SignInRefused):
                    sign_in(now=at, number=number, password="wrong")
                taken[number.digits].append(time.perf_counter() - began)
        nobodys = taken[NOBODYS_NUMBER.digits]
        show("nobody's", nobodys, 0.5)
        for kind, number in kinds.items():
            betrayed = chance(taken[number.digits], nobodys)
            show(kind, taken[number.digits], betrayed)
            assert abs(betrayed - 0.5) < FAIR


def chance(times: list[float], others: list[float]) -> float:
    """Return how often one of `times` is longer than one of `others`: 0.5 if they are alike."""
    return sum(mine > other for mine in times for other in others) / (len(times) * len(others))


def show(kind: str, times: list[float], betrayed: float) -> None:
    """Print a line of the result, for `docs/measured/`."""
    p95 = statistics.quantiles(times, n=20)[18]
    line = f"{kind:<20} median {statistics.median(times) * 1e3:6.2f} ms  p95 {p95 * 1e3:6.2f} ms  {betrayed:.3f}"
    print(line)  # noqa: T201 - read by who runs the proof


class TestSealedCodes:
    def test_open_one_session_each_in_a_hundred_rounds_of_many_at_once(self, installation: Installation) -> None:
        installation.kapi("migrate")
        told = run_races(installation, ISSUE_CODES, USE_CODES)
        assert len(told) == ROUNDS
        for answers in told.values():
            assert sum(isinstance(answer, int) for answer in answers) == 1
            assert Counter(answers)["sealed_code_spent"] == 15


@pytest.mark.redis
class TestLimitsInRedis:
    def test_hold_in_the_same_races(self, installation: Installation, redis_url: str) -> None:  # noqa: F811
        installation.kapi("migrate")
        installation.environment["KAPI_REDIS_URL"] = redis_url
        installation.environment["KAPI_SECRET_KEY"] = f"a key of this test alone {installation.data_dir}"
        told = run_races(installation)
        assert Counter(told["one origin"]) == {"sign_in_refused": 5, "too_many_attempts": 59}
        assert Counter(told["many origins"]) == {"sign_in_refused": 30, "too_many_attempts": 34}
