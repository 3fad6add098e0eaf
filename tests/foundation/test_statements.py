"""Statements that are written once say the same as Django's own."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kapi.contexts.openid.models import Client, SigningKey, UsedAssertion, UsedProof
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.limits.models import LimitCounter
from kapi.foundation.limits.services import Counting, peek
from kapi.foundation.limits.values import Budget
from kapi.foundation.statements import (
    Change,
    Once,
    Question,
    Reading,
    Row,
    Slot,
    Step,
    insert,
    insert_once,
    take_in_turn,
)
from tests.contexts.openid.openid_in_tests import add_client, new_key

pytestmark = pytest.mark.django_db

CLIENT: Question[Client] = Question(lambda: Client.objects.filter(pk=Slot("id")))
USED: Question[UsedAssertion] = Question(
    lambda: UsedAssertion.objects.select_related("client").filter(client=Slot("client_id")).order_by("jti_hash")
)
ENDED = Question(
    lambda: UsedProof.objects.filter(expires_at__lte=Slot("now")).order_by("pk").values_list("pk", "expires_at")
)
PUT_OFF = Change(lambda: UsedProof.objects.filter(pk=Slot("name"), expires_at__lt=Slot("at")), expires_at=Slot("at"))
NAMES = Question(lambda: UsedProof.objects.order_by("pk").values_list("pk", flat=True))


def use_assertions(client_id: str, *names: str, now: datetime) -> None:
    for name in names:
        insert(UsedAssertion, client_id=client_id, jti_hash=name, expires_at=now)


class TestQuestion:
    def test_returns_the_row_that_django_returns(self, now: datetime) -> None:
        client_id = add_client(now=now, keys=[new_key()]).id
        row, same = CLIENT.first(id=client_id), Client.objects.get(pk=client_id)
        assert row == same
        assert row is not None
        assert {field.attname: getattr(row, field.attname) for field in Client._meta.concrete_fields} == {
            field.attname: getattr(same, field.attname) for field in Client._meta.concrete_fields
        }

    def test_returns_none_where_there_is_none(self) -> None:
        assert CLIENT.first(id="nobody") is None

    def test_asks_the_database_each_time(self, now: datetime) -> None:
        client_id = add_client(now=now, keys=[new_key()]).id
        CLIENT.first(id=client_id)
        Client.objects.filter(pk=client_id).update(closed_at=now)
        with CaptureQueriesContext(connection) as asked:
            row = CLIENT.first(id=client_id)
        assert row is not None
        assert row.closed_at == now
        assert len(asked) == 1

    def test_brings_related_rows_along(self, now: datetime) -> None:
        first, second = (add_client(now=now, keys=[new_key()], client_id=name).id for name in ("bir", "iki"))
        use_assertions(first, "a", "b", now=now)
        use_assertions(second, "c", now=now)
        rows = USED.all(client_id=first)
        with CaptureQueriesContext(connection) as asked:
            assert [(row.jti_hash, row.expires_at, row.client.pk) for row in rows] == [
                ("a", now, first),
                ("b", now, first),
            ]
        assert not asked.captured_queries
        assert rows[0].client == Client.objects.get(pk=first)

    def test_reads_plain_values_and_compares_moments(self, now: datetime) -> None:
        second = timedelta(seconds=1)
        for name, at in (("a", now - second), ("b", now), ("c", now + second)):
            insert(UsedProof, proof_hash=name, expires_at=at)
        assert ENDED.all(now=now) == [("a", now - second), ("b", now)]
        assert NAMES.all() == ["a", "b", "c"]

    def test_takes_what_people_send_as_a_value_only(self) -> None:
        assert CLIENT.first(id="' OR 1=1 --") is None


class TestReading:
    def test_makes_a_value_once_for_each_state_of_a_row(self, now: datetime) -> None:
        made: list[str] = []

        def make(row: UsedProof) -> tuple[str, datetime]:
            made.append(row.pk)
            return row.pk, row.expires_at

        reading = Reading(lambda: UsedProof.objects.filter(pk=Slot("name")), make, most=8)
        assert reading.find(name="a") is None
        insert(UsedProof, proof_hash="a", expires_at=now)
        for moment in (now, now + timedelta(microseconds=1)):
            UsedProof.objects.update(expires_at=moment)
            with CaptureQueriesContext(connection) as asked:
                assert reading.find(name="a") == reading.find(name="a") == ("a", moment)
            assert len(asked) == 2
        assert made == ["a", "a"]
        UsedProof.objects.all().delete()
        assert reading.find(name="a") is None


class TestChange:
    def test_changes_what_the_slots_name_and_counts_it(self, now: datetime) -> None:
        later = now + timedelta(hours=1)
        for name in ("a", "b"):
            insert(UsedProof, proof_hash=name, expires_at=now)
        with CaptureQueriesContext(connection) as sent:
            assert PUT_OFF.make(name="a", at=later) == 1
            assert PUT_OFF.make(name="a", at=later) == 0
        assert len(sent) == 2
        rows = UsedProof.objects.order_by("pk").values_list("pk", "expires_at")
        assert list(rows) == [("a", later), ("b", now)]


class TestInsert:
    def test_fills_in_defaults_and_reads_back_as_it_was_given(self, now: datetime) -> None:
        insert(
            AuditRecord,
            at=now,
            actor_kind="system",
            actor_id="test",
            institution_code="",
            action="test.done",
            subject_kind="test",
            subject_id="1",
            details={"ids": [1, 2], "word": "ş"},
        )
        row = AuditRecord.objects.get(action="test.done")
        assert (row.at, row.details, row.institution_code) == (now, {"ids": [1, 2], "word": "ş"}, "")
        assert insert(SigningKey, kid="a", public={}, private=b"\x00\x01", state="next", created_at=now) == "a"
        assert bytes(SigningKey.objects.get(kid="a").private) == b"\x00\x01"

    def test_refuses_what_a_constraint_forbids(self, now: datetime) -> None:
        insert(UsedProof, proof_hash="a", expires_at=now)
        with pytest.raises(IntegrityError), transaction.atomic():
            insert(UsedProof, proof_hash="a", expires_at=now)

    def test_knows_no_other_columns(self, now: datetime) -> None:
        with pytest.raises(TypeError, match="UsedProof has no column hash"):
            insert(UsedProof, hash="a", expires_at=now)


class TestInsertOnce:
    def test_inserts_one_of_two_by_one_statement_each(self, now: datetime) -> None:
        with CaptureQueriesContext(connection) as sent:
            assert insert_once(UsedProof, proof_hash="a", expires_at=now)
            assert not insert_once(UsedProof, proof_hash="a", expires_at=now + timedelta(hours=1))
        assert len(sent) == 2
        assert UsedProof.objects.get().expires_at == now

    def test_leaves_the_callers_transaction_as_it_is(self, now: datetime) -> None:
        with transaction.atomic():
            assert insert_once(UsedProof, proof_hash="a", expires_at=now)
            assert not insert_once(UsedProof, proof_hash="a", expires_at=now)
            assert insert_once(UsedProof, proof_hash="b", expires_at=now)
        assert UsedProof.objects.count() == 2

    def test_refuses_what_any_other_constraint_forbids(self, now: datetime) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            insert_once(LimitCounter, key="a", count=None, ends_at=now)


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

    def test_takes_by_itself_what_is_no_sql(self, now: datetime) -> None:
        taken: list[str] = []

        class Elsewhere:
            form = None

            def written(self, name: str, source: str, connection: object) -> str:
                raise AssertionError

            def sent(self, connection: object) -> list[object]:
                raise AssertionError

            def take(self) -> bool:
                taken.extend(NAMES.all())
                return "a" in taken

        assert take_in_turn(proof("a", now), Elsewhere(), proof("b", now), proof("c", now)) == 4
        assert taken == ["a"]
        assert NAMES.all() == ["a", "b", "c"]

    def test_does_nothing_without_steps(self) -> None:
        assert take_in_turn() == 0
