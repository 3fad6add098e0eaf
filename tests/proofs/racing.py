"""Has each one-time thing used by many at once, over two processes, several times."""

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from kapi.kernel.errors import DomainError
from tests.installation import Installation
from tests.people import make_numbers
from tests.proofs.one_time_things import THINGS, Try

PROCESSES = 2
# How many uses at once, round by round.
ROUNDS = (16, 32, 64, 16, 32, 64)
TIMEOUT_S = 1200.0
_MEETING_S = 300.0


@dataclass(frozen=True)
class Race:
    """What came of one round: how many uses got something, the refusals, and how much of what they got is good yet."""

    uses: int
    wins: int
    refused: Counter[str]
    living: int


def run_races(made: Installation, things: Iterable[str], rounds: tuple[int, ...] = ROUNDS) -> dict[str, list[Race]]:
    """Have all rounds of these things run over an empty installation, and return them."""
    made.kapi("migrate")
    names = list(things)
    prepared = _call(made, "prepare", names, rounds)
    path = made.data_dir / "prepared.json"
    path.write_text(json.dumps(prepared), encoding="utf-8")
    with ThreadPoolExecutor(PROCESSES) as processes:
        told = list(processes.map(lambda number: _call(made, "race_all", str(path), number), range(PROCESSES)))
    answers = {name: [_joined(told, name, round_) for round_ in range(len(rounds))] for name in names}
    path.write_text(json.dumps({"prepared": prepared, "answers": answers}), encoding="utf-8")
    living = _call(made, "count_living", str(path))
    return {
        name: [_race(*counted) for counted in zip(rounds, answers[name], living[name], strict=True)] for name in names
    }


def _call(made: Installation, function: str, *arguments: object) -> Any:
    """Call a function of this module in a process of its own."""
    code = f"import json\nfrom tests.proofs import racing\nprint(json.dumps(racing.{function}(*{arguments!r})))"
    return json.loads(made.python(code, TIMEOUT_S).splitlines()[-1])


def _joined(told: list[Any], name: str, round_: int) -> list[list[str]]:
    return [answer for process in told for answer in process[name][round_]]


def _race(uses: int, answers: list[list[str]], living: int) -> Race:
    refused = Counter(code for kind, code in answers if kind == "refused")
    assert len(answers) == uses
    return Race(uses, uses - refused.total(), refused, living)


# --- inside the processes ---


def prepare(names: list[str], rounds: tuple[int, ...]) -> dict[str, list[tuple[int, Any]]]:
    """Make what is raced for: for each thing and round how many uses, and what was made."""
    numbers = iter(make_numbers(len(names) * len(rounds)))
    return {name: [(uses, THINGS[name].make(next(numbers), uses)) for uses in rounds] for name in names}


def race_all(path: str, process: int) -> dict[str, list[list[tuple[str, str]]]]:
    """Run this process' share of every round."""
    prepared = json.loads(Path(path).read_text(encoding="utf-8"))
    return {
        name: [_run_round(f"{name}.{at}", name, uses, made, process) for at, (uses, made) in enumerate(rounds)]
        for name, rounds in prepared.items()
    }


def _run_round(title: str, name: str, uses: int, made: Any, process: int) -> list[tuple[str, str]]:
    use, threads = THINGS[name].use, uses // PROCESSES
    start = threading.Barrier(threads, action=lambda: _meet(title))

    def run(thread: int) -> tuple[str, str]:
        connection.ensure_connection()
        start.wait()
        return _outcome(lambda: use(made, Try(process * threads + thread)))

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


def _meet(title: str) -> None:
    """Wait until the other process is as far."""
    place = Path(settings.DATA_DIR)
    (place / f"{title}.{os.getpid()}").touch()
    deadline = time.monotonic() + _MEETING_S
    while len(list(place.glob(f"{title}.*"))) < PROCESSES:
        assert time.monotonic() < deadline, f"nobody else came to {title}"
        time.sleep(0.001)


def _outcome(use: Callable[[], str]) -> tuple[str, str]:
    try:
        return "won", use()
    except DomainError as refusal:
        return "refused", refusal.code
    finally:
        connection.close()


def count_living(path: str) -> dict[str, list[int]]:
    """Count what is still good of what was bought."""
    raced = json.loads(Path(path).read_text(encoding="utf-8"))
    return {
        name: [
            sum(THINGS[name].lives(made, bought) for kind, bought in answers if kind == "won")
            for (_uses, made), answers in zip(raced["prepared"][name], rounds, strict=True)
        ]
        for name, rounds in raced["answers"].items()
    }
