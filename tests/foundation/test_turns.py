"""Steps are taken in turn until one is not done."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kapi.contexts.openid.models import UsedProof
from kapi.foundation.inserts import insert
from kapi.foundation.limits.services import Counting, peek
from kapi.foundation.limits.values import Budget
from kapi.foundation.statements import Change, Question, Slot
from kapi.foundation.turns import Changing, Finding, Once, Row, Step, take_in_turn

pytestmark = pytest.mark.django_db

PUT_OFF = Change(lambda: UsedProof.objects.filter(pk=Slot("name"), expires_at=Slot("now")), expires_at=Slot("later"))
NAMES = Question(lambda: UsedProof.objects.order_by("pk").values_list("pk", flat=True))


def proof(name: str, now: datetime) -> Once:
    return Once(UsedProof, proof_hash=name, expires_at=now)


class TestTakeInTurn:
    def test_takes_all_and_by_one_statement_where_it_can(self, now: datetime) -> None:
        with CaptureQueriesContext(connection) as sent:
            assert take_in_turn(proof("a", now), proof("b", now), Row(UsedProof, proof_hash="c", expires_at=now)) == 3
        assert NAMES.all() == ["a", "b", "c"]
        assert len(sent) == (1 if connection.vendor == "postgresql" else 3)

    def test_stops_at_the_first_that_is_not_done(self, now: datetime) -> None:
        insert(UsedProof, proof_hash="b", expires_at=now)
        steps = ("a", "b", "c")
        assert take_in_turn(*(proof(name, now) for name in steps)) == 1
        assert NAMES.all() == ["a", "b"]
        assert take_in_turn(*(proof(name, now) for name in steps)) == 0

    def test_counts_among_other_steps_and_stops_beyond_the_limit(self, now: datetime) -> None:
        def steps(name: str) -> list[Step]:
            counting = Counting(key="test", budget=Budget(2, timedelta(minutes=1)), now=now)
            return [proof(name, now), counting, proof(f"{name}-bought", now)]

        assert [take_in_turn(*steps(name)) for name in ("a", "a", "b", "c")] == [3, 0, 3, 1]
        assert NAMES.all() == ["a", "a-bought", "b", "b-bought", "c"]
        assert peek(key="test:60", limit=2, now=now).count == 3

    def test_leaves_nothing_behind_where_a_constraint_forbids_a_row(self, now: datetime) -> None:
        insert(UsedProof, proof_hash="b", expires_at=now)
        with pytest.raises(IntegrityError), transaction.atomic():
            take_in_turn(proof("a", now), Row(UsedProof, proof_hash="b", expires_at=now))
        assert NAMES.all() == ["b"]

    def test_changes_a_row_if_it_is_found_and_all_before_it_was_done(self, now: datetime) -> None:
        insert(UsedProof, proof_hash="kept", expires_at=now)
        later = now + timedelta(minutes=1)

        def steps(name: str) -> list[Step]:
            return [proof(name, now), Changing(PUT_OFF, name="kept", now=now, later=later), proof(f"{name}-after", now)]

        with CaptureQueriesContext(connection) as sent:
            assert take_in_turn(*steps("a")) == 3
        assert len(sent) == (1 if connection.vendor == "postgresql" else 3)
        assert UsedProof.objects.get(pk="kept").expires_at == later
        assert take_in_turn(*steps("b")) == 1
        UsedProof.objects.filter(pk="kept").update(expires_at=now)
        assert take_in_turn(*steps("b")) == 0
        assert UsedProof.objects.get(pk="kept").expires_at == now
        assert take_in_turn(*steps("c")[1:]) == 2
        assert NAMES.all() == ["a", "a-after", "b", "c-after", "kept"]

    def test_goes_on_where_a_row_is_found_and_changes_nothing(self, now: datetime) -> None:
        insert(UsedProof, proof_hash="there", expires_at=now)
        there = Question(lambda: UsedProof.objects.filter(pk=Slot("name")).values_list("pk", flat=True))
        with CaptureQueriesContext(connection) as sent:
            assert take_in_turn(proof("a", now), Finding(there, name="there"), proof("b", now)) == 3
        assert len(sent) == (1 if connection.vendor == "postgresql" else 3)
        assert take_in_turn(proof("c", now), Finding(there, name="gone"), proof("d", now)) == 1
        assert take_in_turn(Finding(there, name="there"), Finding(there, name="gone")) == 1
        assert [take_in_turn(Finding(there, name=name)) for name in ("there", "gone")] == [1, 0]
        assert NAMES.all() == ["a", "b", "c", "there"]

    def test_takes_by_itself_what_is_no_sql(self, now: datetime) -> None:
        taken: list[str] = []

        class Elsewhere:
            form = None

            def written(self, name: str, source: str) -> str:
                raise AssertionError

            def sent(self) -> list[object]:
                raise AssertionError

            def take(self) -> bool:
                taken.extend(NAMES.all())
                return "a" in taken

        assert take_in_turn(proof("a", now), Elsewhere(), proof("b", now), proof("c", now)) == 4
        assert taken == ["a"]
        assert NAMES.all() == ["a", "b", "c"]

    def test_does_nothing_without_steps(self) -> None:
        assert take_in_turn() == 0


@pytest.mark.django_db(transaction=True)
def test_steps_that_end_in_a_fault_leave_nothing_behind_without_a_transaction_either(now: datetime) -> None:
    insert(UsedProof, proof_hash="b", expires_at=now)
    with pytest.raises(IntegrityError):
        take_in_turn(proof("a", now), Row(UsedProof, proof_hash="b", expires_at=now))
    assert NAMES.all() == ["b"]
    assert take_in_turn(proof("a", now), proof("b", now), proof("c", now)) == 1
    assert NAMES.all() == ["a", "b"]
