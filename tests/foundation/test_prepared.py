"""Statements that PostgreSQL keeps answer and refuse as Django's own, and nothing goes wrong for good."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from django.db import (
    DataError,
    IntegrityError,
    NotSupportedError,
    OperationalError,
    connection,
    reset_queries,
    transaction,
)
from django.db.transaction import TransactionManagementError
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from kapi.contexts.openid.models import UsedProof
from kapi.foundation.inserts import insert, insert_once
from kapi.foundation.prepared import Rows, Statement, kept_beside_connection, send_together
from kapi.foundation.statements import Question, Slot

POSTGRESQL = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no such thing (.ci/run does)")
NAMES = Question(lambda: UsedProof.objects.filter(pk=Slot("name")).values_list("pk", flat=True))


class Undone(Exception):
    """Ends a transaction."""


@pytest.fixture(params=[True, False], ids=["prepared", "unprepared"], autouse=True)
def _is_prepared(request: pytest.FixtureRequest) -> Iterator[None]:
    with override_settings(DATABASE_PREPARED=request.param):
        yield


@pytest.mark.django_db
class TestSend:
    def test_returns_rows_and_how_many(self) -> None:
        assert Statement("SELECT 5 %% 3, upper(%s)").send(["a'%s$1"])[0] == [(2, "A'%S$1")]
        values = Statement("SELECT a.x FROM (SELECT 1 AS x UNION SELECT 2) a ORDER BY 1")
        assert values.send([])[0] == [(1,), (2,)]

    def test_counts_what_it_changes(self, now: datetime) -> None:
        for name in ("a", "b", "c"):
            insert(UsedProof, proof_hash=name, expires_at=now)
        assert Statement("DELETE FROM openid_usedproof WHERE proof_hash > %s").send(["a"]) == ([], 2)

    def test_is_seen_by_who_listens(self) -> None:
        seen: list[str] = []

        def listen(execute: object, sql: str, params: object, many: bool, context: object) -> object:
            seen.append(sql)
            return execute(sql, params, many, context)  # type: ignore[operator]

        NAMES.first(name="a")
        with connection.execute_wrapper(listen):
            NAMES.first(name="a")
        with CaptureQueriesContext(connection) as asked:
            NAMES.first(name="a")
        assert len(seen) == len(asked) == 1

    def test_raises_what_django_raises(self, now: datetime) -> None:
        insert(UsedProof, proof_hash="a", expires_at=now)
        for _ in range(2):
            with pytest.raises(IntegrityError), transaction.atomic():
                insert(UsedProof, proof_hash="a", expires_at=now)

    def test_names_the_drivers_error_as_the_cause(self, now: datetime) -> None:
        insert(UsedProof, proof_hash="a", expires_at=now)
        with pytest.raises(IntegrityError) as raised, transaction.atomic():
            insert(UsedProof, proof_hash="a", expires_at=now)
        assert type(raised.value.__cause__).__name__ in {"UniqueViolation", "IntegrityError"}
        assert not isinstance(raised.value.__cause__, IntegrityError)
        assert not connection.errors_occurred

    @override_settings(DEBUG=True)
    def test_is_seen_while_debugging(self) -> None:
        reset_queries()
        NAMES.first(name="a")
        assert len(connection.queries) == 1
        reset_queries()

    def test_goes_on_after_its_first_values_were_refused(self) -> None:
        divide = Statement("SELECT 1 / (1 - length(%s)) WHERE length(%s) < 3")
        if connection.vendor == "postgresql":
            with pytest.raises(DataError), transaction.atomic():
                divide.send(["a", "a"])
        for _ in range(2):
            assert divide.send(["ab", "ab"])[0] == [(-1,)]

    def test_is_undone_with_its_transaction(self, now: datetime) -> None:
        def fail() -> None:
            with transaction.atomic():
                insert_once(UsedProof, proof_hash="a", expires_at=now)
                raise Undone

        for _ in range(2):
            with pytest.raises(Undone):
                fail()
            assert NAMES.first(name="a") is None

    def test_is_refused_in_a_transaction_that_is_broken(self, now: datetime) -> None:
        insert(UsedProof, proof_hash="a", expires_at=now)
        with transaction.atomic():
            with pytest.raises(IntegrityError):
                insert(UsedProof, proof_hash="a", expires_at=now)
            connection.needs_rollback = True
            with pytest.raises(TransactionManagementError):
                NAMES.first(name="a")
            transaction.set_rollback(True)

    @POSTGRESQL
    @pytest.mark.parametrize("zone", ["UTC", "+03:00", "-09:30"])
    @pytest.mark.parametrize("microseconds", [0, 1, 120_000])
    def test_writes_and_reads_moments_as_django(self, zone: str, microseconds: int) -> None:
        sql = "SELECT %s::timestamptz, %s::timestamptz - interval '400 years', NULL::timestamptz"
        moment = datetime.fromisoformat(f"2026-03-29T01:59:59.{microseconds:06}{'+00:00' if zone == 'UTC' else zone}")
        with connection.cursor() as cursor:
            cursor.execute(sql, [moment, moment])
            theirs = cursor.fetchone()
        [ours] = Statement(sql).send([moment, moment])[0]
        assert ours == theirs
        assert ours[0] == moment
        assert [value and value.tzinfo for value in ours] == [value and value.tzinfo for value in theirs]

    @POSTGRESQL
    def test_never_cuts_a_text_short(self, now: datetime) -> None:
        with pytest.raises(DataError), transaction.atomic():
            insert(UsedProof, proof_hash="a\0b", expires_at=now)
        with pytest.raises(DataError), transaction.atomic():
            NAMES.first(name="a\0b")


Asked = list[tuple[Statement, Sequence[object]]]
UPPER = Statement("SELECT upper(%s) UNION ALL SELECT %s")
DIVIDE = Statement("SELECT 1 / (1 - length(%s))")
INSERT = Statement("INSERT INTO openid_usedproof (proof_hash, expires_at) VALUES (%s, %s) RETURNING proof_hash")
LOCK, UNLOCK = Statement("SELECT pg_advisory_lock(29820)"), Statement("SELECT pg_advisory_unlock(29820)")
WAITING = Statement("SELECT 1 FROM pg_locks WHERE objid = 29820 AND locktype = 'advisory' AND NOT granted")


@pytest.mark.django_db
class TestSendTogether:
    def test_returns_the_rows_of_each(self, now: datetime) -> None:
        for name in ("c", "d"):
            asked: Asked = [(UPPER, ["a", "b"]), (INSERT, [name, now]), (UPPER, ["e", name])]
            assert send_together(asked) == [[("A",), ("b",)], [(name,)], [("E",), (name,)]]
        assert send_together([(UPPER, ["a", "b"])]) == [[("A",), ("b",)]]
        assert send_together([]) == []

    def test_is_seen_by_who_listens(self) -> None:
        with CaptureQueriesContext(connection) as asked:
            send_together([(UPPER, ["a", "b"]), (UPPER, ["c", "d"])])
        assert len(asked) == 2

    def test_raises_what_django_raises_and_goes_on(self, now: datetime) -> None:
        insert(UsedProof, proof_hash="a", expires_at=now)
        for place in range(3):
            asked: Asked = [(UPPER, ["a", "b"]), (UPPER, ["c", "d"])]
            asked.insert(place, (INSERT, ["a", now]))
            with pytest.raises(IntegrityError), transaction.atomic():
                send_together(asked)
            assert UPPER.send(["a", "b"])[0] == [("A",), ("b",)]

    def test_is_refused_in_a_transaction_that_is_broken(self) -> None:
        with transaction.atomic():
            connection.needs_rollback = True
            with pytest.raises(TransactionManagementError):
                send_together([(UPPER, ["a", "b"]), (UPPER, ["c", "d"])])
            transaction.set_rollback(True)

    @POSTGRESQL
    def test_never_cuts_a_text_short(self) -> None:
        with pytest.raises(DataError), transaction.atomic():
            send_together([(UPPER, ["a", "b"]), (UPPER, ["a\0b", "b"])])
        assert UPPER.send(["a", "b"])[0] == [("A",), ("b",)]


@POSTGRESQL
@pytest.mark.django_db(transaction=True)
class TestSendTogetherOutsideATransaction:
    """Against the server as requests meet it."""

    def test_commits(self, now: datetime) -> None:
        send_together([(INSERT, ["a", now]), (UPPER, ["a", "b"])])
        connection.close()
        assert NAMES.first(name="a") == "a"

    @override_settings(DATABASE_PREPARED=True)
    def test_undoes_all_where_one_fails(self, now: datetime) -> None:
        with pytest.raises(DataError):
            send_together([(INSERT, ["a", now]), (DIVIDE, ["a"]), (INSERT, ["b", now])])
        assert NAMES.first(name="a") is None
        assert NAMES.first(name="b") is None

    def test_begins_a_transaction(self, now: datetime) -> None:
        with pytest.raises(Undone), transaction.atomic():  # noqa: PT012 - the transaction is the deed
            send_together([(INSERT, ["a", now]), (UPPER, ["a", "b"])])
            raise Undone
        assert NAMES.first(name="a") is None

    @pytest.mark.parametrize("forgetting", ["DEALLOCATE ALL", "DISCARD ALL"])
    def test_goes_on_when_the_connection_has_forgotten_them(self, forgetting: str) -> None:
        asked: Asked = [(UPPER, ["a", "b"]), (UPPER, ["c", "d"])]
        answer = send_together(asked)
        with connection.cursor() as cursor:
            cursor.execute(forgetting)
        assert send_together(asked) == answer

    def test_says_so_when_the_server_has_gone(self) -> None:
        asked: Asked = [(UPPER, ["a", "b"]), (UPPER, ["c", "d"])]
        answer = send_together(asked)
        _end_connection()
        with pytest.raises(OperationalError):
            send_together(asked)
        connection.close()
        assert send_together(asked) == answer

    @override_settings(DATABASE_PREPARED=True)
    def test_lets_other_threads_go_on_while_the_server_thinks(self) -> None:
        answers: list[Rows] = []

        def ask() -> None:
            """Wait for a lock that the test frees, if it gets to that."""
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SET lock_timeout = '20s'")
                with suppress(OperationalError):
                    answers.extend(send_together([(LOCK, []), (UPPER, ["a", "b"])]))
            finally:
                connection.close()

        asking = threading.Thread(target=ask)
        LOCK.send([])
        try:
            asking.start()
            while asking.is_alive() and not WAITING.send([])[0]:
                time.sleep(0.01)
        finally:
            UNLOCK.send([])
        asking.join()
        assert answers[1:] == [[("A",), ("b",)]]


@POSTGRESQL
@pytest.mark.django_db(transaction=True)
class TestOutsideATransaction:
    """Against the server as requests meet it, where each statement stands for itself."""

    def test_commits_each_statement(self, now: datetime) -> None:
        insert(UsedProof, proof_hash="a", expires_at=now)
        connection.close()
        assert NAMES.first(name="a") == "a"

    def test_begins_a_transaction_with_its_first_statement(self, now: datetime) -> None:
        with pytest.raises(Undone), transaction.atomic():  # noqa: PT012 - the transaction is the deed
            insert(UsedProof, proof_hash="a", expires_at=now)
            with pytest.raises(IntegrityError), transaction.atomic():
                insert(UsedProof, proof_hash="a", expires_at=now)
            assert NAMES.first(name="a") == "a"
            raise Undone
        assert NAMES.first(name="a") is None

    def test_goes_on_when_the_schema_changes_under_it(self, now: datetime) -> None:
        counted = Statement("SELECT number FROM kapi_changing WHERE name = %s")
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE kapi_changing (name text, number integer)")
            cursor.execute("INSERT INTO kapi_changing VALUES ('a', 7)")
        try:
            assert counted.send(["a"])[0] == [(7,)]
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE kapi_changing ALTER number TYPE text")
            assert counted.send(["a"])[0] == [("7",)]
            with transaction.atomic():
                assert counted.send(["a"])[0] == [("7",)]
        finally:
            with connection.cursor() as cursor:
                cursor.execute("DROP TABLE kapi_changing")

    def test_loses_one_transaction_at_most_to_a_changed_schema(self) -> None:
        counted = Statement("SELECT number FROM kapi_changing")
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE kapi_changing (number integer)")
        try:
            counted.send([])
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE kapi_changing ALTER number TYPE text")
            lost = 0
            for _ in range(3):
                with suppress(NotSupportedError), transaction.atomic():
                    lost += 1
                    counted.send([])
                    lost -= 1
            assert lost <= 1
        finally:
            with connection.cursor() as cursor:
                cursor.execute("DROP TABLE kapi_changing")

    def test_forgets_what_is_kept_beside_a_connection_with_it(self) -> None:
        kept = kept_beside_connection()
        assert kept is not None
        kept["a"] = 1
        assert kept_beside_connection() == {"a": 1}
        connection.close()
        assert kept_beside_connection() == {}

    @pytest.mark.parametrize("forgetting", ["DEALLOCATE ALL", "DISCARD ALL"])
    def test_goes_on_when_the_connection_has_forgotten_it(self, forgetting: str) -> None:
        NAMES.first(name="a")
        with connection.cursor() as cursor:
            cursor.execute(forgetting)
        assert NAMES.first(name="a") is None

    def test_says_so_when_the_server_has_gone(self, now: datetime) -> None:
        NAMES.first(name="a")
        _end_connection()
        with pytest.raises(OperationalError):
            NAMES.first(name="a")
        connection.close()
        assert insert_once(UsedProof, proof_hash="a", expires_at=now + timedelta(hours=1))


def _end_connection() -> None:
    """Have the server end this connection, as where it is restarted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [process] = cursor.fetchone()
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [process])
    finally:
        other.close()
