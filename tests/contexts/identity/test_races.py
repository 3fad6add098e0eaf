"""Many at once, over two processes of 32 threads: no budget is overspent and nothing is used twice."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.installation import Installation, make_installation

TIMEOUT_S = 900.0

# What every process begins with.
SETTING = """
import json, os, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, UTC
from pathlib import Path
from django.conf import settings
from django.db import connection
from kapi.contexts.identity import selectors, services
from kapi.kernel.actors import Actor, ActorKind
from kapi.kernel.errors import DomainError
from tests import people
from tests.passkeys import SoftPasskey

now = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
numbers = people.make_numbers(5)
"""
PREPARE = """
people.make_citizen(now=now, number=numbers[0])
people.make_citizen(now=now, number=numbers[1])
code = people.issue(now=now, number=numbers[2])[1].code
person_id = people.register(now=now, number=numbers[3])
people.make_citizen(now=now, number=numbers[4])
session_id = people.sign_in(now=now, number=numbers[4]).signed_in.session_id
passkey, owner = SoftPasskey(), selectors.get_session(session_id=session_id, now=now)
services.add_passkey(
    session_id=session_id, name="x", browser="b", actor=owner.actor, now=now,
    response=passkey.create(selectors.options_for_new_passkey(session_id=session_id, browser="b", now=now)))
shown = passkey.get(selectors.options_for_passkey_proof(browser="b", now=now), count=0)
support = services.make_support_code(session_id=session_id, actor=owner.actor, now=now).code
print(json.dumps({"code": code, "person_id": person_id, "session_id": session_id, "shown": shown, "support": support}))
"""
# `race` has a deed done by many threads of both processes, which begin it together.
RACING = """
answers, here = {}, os.getpid() % 200

def race(name, threads, deed):
    Path(settings.DATA_DIR, f"{name}.{os.getpid()}").touch()
    deadline = time.monotonic() + 60
    while len(list(Path(settings.DATA_DIR).glob(f"{name}.*"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    barrier = threading.Barrier(threads)
    def run(number):
        barrier.wait()
        try:
            return deed(number)
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()
    with ThreadPoolExecutor(threads) as pool:
        answers[name] = list(pool.map(run, range(threads)))
"""
RACES = """
def change(number):
    session_id = prepared["session_id"]
    actor = selectors.get_session(session_id=session_id, now=now).actor
    services.change_password(session_id=session_id, current_password=people.PASSWORD, actor=actor, now=now,
                             new_password=f"uc kuru yaprak dustu {number} {here}")
    return "changed"

race("one origin", 32, lambda number: people.sign_in(now=now, number=numbers[0], password="wrong"))
race("many origins", 32, lambda number: people.sign_in(
    now=now, number=numbers[1], password="wrong", address=f"198.51.{number}.{here}"))
race("one code", 32, lambda number: people.sign_in(
    now=now, number=numbers[2], password=prepared["code"], address=f"198.51.{number}.{here}").signed_in.session_id)
race("registering", 16, lambda number: people.register(now=now, number=people.OTHER_NUMBER))
race("issuing", 4, lambda number: services.issue_account(
    person_id=prepared["person_id"], actor=people.DESK, now=now).code)
race("changing", 2, change)
race("one challenge", 8, lambda number: services.sign_in_with_passkey(
    response=prepared["shown"], browser="b", address=f"198.51.{number}.{here}", device_token=None, user_agent="",
    actor=people.NOBODY, now=now).signed_in.session_id)
race("one support code", 8, lambda number: services.ask_to_assist(
    code=prepared["support"], session_id=1, actor=Actor(ActorKind.STAFF, str(900_000 + number), "24301234"), now=now))
print(json.dumps(answers))
"""
TRY_CODES = """
def opens(number, code):
    try:
        people.sign_in(now=now, number=numbers[3], password=code, address=f"198.51.{number}.1")
    except DomainError:
        return False
    return True
print(json.dumps([opens(number, code) for number, code in enumerate(codes)]))
"""


@pytest.fixture(scope="module")
def raced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation of its own for all races."""
    with make_installation(tmp_path_factory.mktemp("races")) as made:
        made.kapi("migrate")
        yield made


@pytest.fixture(scope="module")
def answers(raced: Installation) -> dict[str, list[Any]]:
    """What the threads of both processes were told in each race."""
    return run_races(raced)


def run_races(made: Installation, prepare: str = PREPARE, races: str = RACES) -> dict[str, list[Any]]:
    """Run every race once over two processes of an installation, and return what all threads were told."""
    prepared = json.loads(made.python(SETTING + prepare))
    lines = f"{SETTING}\nprepared = {prepared!r}\n{RACING}\n{races}"
    with ThreadPoolExecutor(2) as processes:
        first, second = (json.loads(output) for output in processes.map(made.python, [lines] * 2, [TIMEOUT_S] * 2))
    return {name: first[name] + second[name] for name in first}


class TestSignIn:
    def test_hears_five_of_64_wrong_tries_from_one_origin(self, answers: dict[str, list[Any]]) -> None:
        assert Counter(answers["one origin"]) == {"sign_in_refused": 5, "too_many_attempts": 59}

    def test_hears_thirty_of_64_wrong_tries_from_many_origins(self, answers: dict[str, list[Any]]) -> None:
        assert Counter(answers["many origins"]) == {"sign_in_refused": 30, "too_many_attempts": 34}

    def test_opens_one_session_for_a_code_used_64_times(self, answers: dict[str, list[Any]]) -> None:
        told = answers["one code"]
        assert len([answer for answer in told if isinstance(answer, int)]) == 1
        assert Counter(told)["sealed_code_spent"] == 63


class TestSignInWithPasskey:
    def test_opens_one_session_for_a_challenge_answered_16_times(self, answers: dict[str, list[Any]]) -> None:
        told = answers["one challenge"]
        assert len([answer for answer in told if isinstance(answer, int)]) == 1
        assert Counter(told)["passkey_refused"] == 15


class TestHelpDesk:
    def test_asks_once_with_a_code_typed_16_times(self, answers: dict[str, list[Any]]) -> None:
        told = answers["one support code"]
        assert len([answer for answer in told if isinstance(answer, int)]) == 1
        assert Counter(told)["support_code_refused"] == 15


class TestDesk:
    def test_registers_a_person_once(self, answers: dict[str, list[Any]]) -> None:
        assert len(answers["registering"]) == 32
        assert len(set(answers["registering"])) == 1
        assert isinstance(answers["registering"][0], int)

    def test_leaves_one_code_valid_however_many_desks_issue_one(
        self, raced: Installation, answers: dict[str, list[Any]]
    ) -> None:
        codes = answers["issuing"]
        assert len(set(codes)) == 8
        opened = json.loads(raced.python(f"{SETTING}\ncodes = {codes!r}\n{TRY_CODES}"))
        assert opened.count(True) == 1


class TestChangePassword:
    def test_lets_one_of_many_changes_win(self, answers: dict[str, list[Any]]) -> None:
        assert Counter(answers["changing"])["changed"] == 1
        assert set(answers["changing"]) <= {"changed", "session_over", "wrong_password"}
