"""Statements that are written once say the same as Django's own."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kapi.contexts.openid.models import Client, UsedAssertion, UsedProof
from kapi.foundation.inserts import insert
from kapi.foundation.statements import Change, Question, Reading, ReadingBeside, Slot, Version
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


class TestReadingBeside:
    def test_reads_some_columns_each_time_and_makes_a_value_of_the_others_once(self, now: datetime) -> None:
        made: list[tuple[object, ...]] = []

        def make(columns: tuple[object, ...]) -> tuple[object, ...]:
            made.append(columns)
            return columns

        client_id = add_client(now=now, keys=[new_key()]).id
        columns = ("client__scopes", "client__is_test", "client__created_at")
        asked = UsedAssertion.objects.filter(client=client_id).order_by("jti_hash")
        reading = ReadingBeside(lambda: asked.values_list("jti_hash", "expires_at", *columns), make, beside=2, most=8)
        assert reading.find_all() == []
        use_assertions(client_id, "a", "b", now=now)
        client = Client.objects.filter(pk=client_id).values_list("scopes", "is_test", "created_at").get()
        assert reading.find_all() == [(("a", now), client), (("b", now), client)]
        assert made == [client]
        Client.objects.update(scopes={})
        assert [kept for _, kept in reading.find_all()] == [({}, *client[1:])] * 2
        assert len(made) == 2


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


class TestVersion:
    @pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no such thing (.ci/run does)")
    def test_tells_each_version_of_a_row_from_all_others(self, now: datetime) -> None:
        insert(UsedProof, proof_hash="a", expires_at=now)
        versions = UsedProof.objects.filter(pk="a").annotate(version=Version()).values_list("version", flat=True)
        seen = {versions.get()}
        for _ in range(3):
            UsedProof.objects.update(expires_at=now)  # also one that says the same, in the same transaction
            seen.add(versions.get())
        assert len(seen) == 4
        assert versions.get() in seen

    @pytest.mark.skipif(connection.vendor == "postgresql", reason="PostgreSQL knows its versions")
    def test_is_nothing_where_the_database_has_none(self, now: datetime) -> None:
        insert(UsedProof, proof_hash="a", expires_at=now)
        assert UsedProof.objects.annotate(version=Version()).get().version is None
