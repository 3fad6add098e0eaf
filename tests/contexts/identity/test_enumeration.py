"""Nobody learns from us whose numbers have accounts: every refusal costs the same, counted and not timed."""

import re
from datetime import datetime, timedelta
from typing import Any

import argon2
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kapi.contexts.identity.errors import SignInRefused, TooManyAttempts
from kapi.contexts.identity.rules import budgets
from kapi.contexts.identity.services.closings import close_account
from kapi.contexts.identity.values import Hindrance
from kapi.foundation.limits.values import Budget
from kapi.kernel.actors import system
from kapi.kernel.errors import DomainError
from kapi.kernel.identifiers import IdentityNumber
from tests.people import NOBODYS_NUMBER, NUMBER, OTHER_NUMBER, issue, make_citizen, make_numbers, register, sign_in

pytestmark = pytest.mark.django_db
WITHOUT_ACCOUNT, AWAITING, CLOSED = make_numbers(3)
NUMBERS = {
    "nobody's": NOBODYS_NUMBER,
    "without an account": WITHOUT_ACCOUNT,
    "awaiting a password": AWAITING,
    "closed, its owner has died": CLOSED,
    "in use": NUMBER,
    "in use, at a familiar network": OTHER_NUMBER,
}


@pytest.fixture
def hashings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The parameters of every Argon2 hash that is computed."""
    computed: list[str] = []
    verify, hash_secret = argon2.low_level.verify_secret, argon2.low_level.hash_secret

    def count_verify(encoded: bytes, *arguments: Any, **more: Any) -> bool:
        computed.append(encoded.decode().rsplit("$", 2)[0])
        return verify(encoded, *arguments, **more)

    def count_hash(*arguments: Any, **more: Any) -> bytes:
        encoded = hash_secret(*arguments, **more)
        computed.append(encoded.decode().rsplit("$", 2)[0])
        return encoded

    monkeypatch.setattr("argon2._password_hasher.verify_secret", count_verify)
    monkeypatch.setattr("argon2._password_hasher.hash_secret", count_hash)
    monkeypatch.setattr("argon2.low_level.hash_secret", count_hash)
    return computed


@pytest.fixture
def _people(now: datetime) -> None:
    """One person of each kind."""
    register(now=now, number=WITHOUT_ACCOUNT)
    issue(now=now, number=AWAITING)
    make_citizen(now=now)
    close_account(person_id=make_citizen(now=now, number=CLOSED), reason=Hindrance.DEATH, actor=system("test"), now=now)
    make_citizen(now=now, number=OTHER_NUMBER)
    sign_in(now=now, number=OTHER_NUMBER, address="192.0.2.10")


def refusal_of(number: IdentityNumber, now: datetime, address: str) -> tuple[DomainError, list[str]]:
    """Try in vain; return what was said and which statements were run, without their values."""
    with CaptureQueriesContext(connection) as queries, pytest.raises((SignInRefused, TooManyAttempts)) as refusal:
        sign_in(now=now, number=number, password="wrong", address=address)
    return refusal.value, [shape_of(query["sql"]) for query in queries]


def shape_of(statement: str) -> str:
    """Leave the values out of a statement."""
    return re.sub(r"'[^']*'|\bNULL\b|(?<![\w.])\d+\b|::\w+(\[\])?", "?", statement)


@pytest.mark.usefixtures("_people")
class TestRefusals:
    def test_cost_one_hash_and_the_same_statements(self, now: datetime, hashings: list[str]) -> None:
        costs = {}
        for kind, number in NUMBERS.items():
            hashings.clear()
            refusal, statements = refusal_of(number, now, "192.0.2.99")
            costs[kind] = (type(refusal), vars(refusal), list(hashings), statements)
        assert costs == dict.fromkeys(NUMBERS, costs["nobody's"])
        assert costs["in use"][:3] == (SignInRefused, {}, ["$argon2id$v=19$m=19456,t=2,p=1"])

    def test_cost_the_same_once_a_number_has_used_up_its_tries(self, now: datetime, hashings: list[str]) -> None:
        costs = {}
        for place, (kind, number) in enumerate(NUMBERS.items()):
            for attempt in range(30):
                refusal_of(number, now, f"198.{51 + place}.{attempt // 5}.1")
            for visit in ("the one that reaches the limit", "one later"):
                hashings.clear()
                refusal, statements = refusal_of(number, now, f"192.0.2.{90 + place}")
                costs[kind, visit] = (type(refusal), vars(refusal), list(hashings), statements)
        for (_, visit), cost in costs.items():
            assert cost == costs["nobody's", visit]
        assert {cost[0] for cost in costs.values()} == {TooManyAttempts}
        assert {len(cost[2]) for cost in costs.values()} == {1}

    def test_cost_the_same_once_an_origin_has_used_up_its_tries_and_its_networks_at_a_number(
        self, now: datetime, hashings: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(budgets, "PLACE", (Budget(2, timedelta(hours=24)),))
        costs = {}
        for place, (kind, number) in enumerate(NUMBERS.items()):
            for _ in range(5):
                refusal_of(number, now, f"192.0.2.{90 + place}")
            for visit in ("the one that reaches the limit", "one later", "at once", "and again"):
                hashings.clear()
                refusal, statements = refusal_of(number, now, f"192.0.2.{90 + place}")
                costs[kind, visit] = (type(refusal), vars(refusal), list(hashings), statements)
        for (_, visit), cost in costs.items():
            assert cost == costs["nobody's", visit]
        assert {cost[0] for cost in costs.values()} == {TooManyAttempts}
        assert [len(costs["in use", visit][2]) for _, visit in list(costs)[:4]] == [1, 1, 0, 0]
