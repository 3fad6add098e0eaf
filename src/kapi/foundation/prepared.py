"""Statements that PostgreSQL has read before: sent by name, with their values beside them.

Django writes the values into the text of a statement, so PostgreSQL reads and plans it anew each time; and its cursors,
with psycopg's below them, take more of our CPU than sending and reading does. A statement that is sent often goes
straight to libpq here. Where anybody listens to statements (`connection.execute_wrapper`, captured queries), and on
SQLite, which keeps what it has read anyway, it goes through Django's cursor as all others do.
"""

import re
from collections.abc import Sequence
from itertools import count
from typing import Any, Final, cast
from weakref import WeakKeyDictionary

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import Connection, abc
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import FeatureNotSupported, InvalidSqlStatementName, OperationalError, error_from_result
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

_PLACES: Final = re.compile(r"%(%|s)")
_NUMBERS: Final = count(1)
_IDLE: Final = TransactionStatus.IDLE
_GOOD: Final = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK})
# A schema that has changed under a statement ("cached plan must not change result type"), and a connection that has
# forgotten it (DISCARD, DEALLOCATE, a pooler that hands out another one).
_FORGOTTEN: Final = (FeatureNotSupported, InvalidSqlStatementName)

Rows = list[tuple[Any, ...]]


class Statement:
    """A statement with `%s` for each of its values, known by one name on every connection."""

    def __init__(self, sql: str) -> None:
        """`sql` is written for the kind of database that it is sent to."""
        self.sql = sql
        self._name = f"kapi_{next(_NUMBERS)}"
        places = count(1)
        self._command = _PLACES.sub(lambda found: "%" if found[1] == "%" else f"${next(places)}", sql).encode()
        self._formats = [PyFormat.TEXT] * (next(places) - 1)

    def send(self, values: Sequence[object]) -> tuple[Rows, int]:
        """Send it with a value for each place; return the rows of the answer, and how many it returned or changed.

        Columns come as Django's cursor returns them: converters of fields have not seen them.

        :raises django.db.Error: the kinds that Django raises.
        """
        connection = connections[DEFAULT_DB_ALIAS]
        if connection.vendor != "postgresql" or connection.execute_wrappers or connection.queries_logged:
            with connection.cursor() as cursor:
                cursor.execute(self.sql, cast("Sequence[Any]", values))
                return (cursor.fetchall() if cursor.description else []), cursor.rowcount
        connection.close_if_health_check_failed()  # as Django's cursors do, once for each request
        connection.ensure_connection()
        connection.validate_thread_sharing()
        connection.validate_no_broken_transaction()
        with connection.wrap_database_errors:
            return _link_of(connection.connection).send(self._name, self._command, values, self._formats)


class _Link:
    """A connection to PostgreSQL, and what it has read before. One thread uses it at a time, as Django sees to."""

    def __init__(self, of: Connection[Any]) -> None:
        self._connection = of
        self._pgconn = of.pgconn
        self._dump = Transformer(of).dump_sequence
        # By which name, and how the answer is read, once there was one.
        self._known: dict[str, tuple[bytes, abc.Transformer | None]] = {}
        self._schema = _Schema.seen

    def send(
        self, name: str, command: bytes, values: Sequence[object], formats: Sequence[PyFormat]
    ) -> tuple[Rows, int]:
        sent = self._dump(values, formats) if values else None
        if not self._connection.autocommit and self._pgconn.transaction_status == _IDLE:
            _check(self._pgconn.exec_(b"BEGIN"))
        ask = self._ask if settings.DATABASE_PREPARED else self._ask_unprepared
        try:
            result, reader = ask(name, command, sent)
        except _FORGOTTEN:
            _Schema.seen += 1  # every connection of this process reads its statements anew
            if self._pgconn.transaction_status != _IDLE:
                raise  # the transaction is lost, the next one is not
            result, reader = ask(name, command, sent)
        return reader.load_rows(0, result.ntuples, tuple), result.command_tuples or 0

    def _ask(self, name: str, command: bytes, sent: Sequence[Any] | None) -> tuple[PGresult, abc.Transformer]:
        if self._schema != _Schema.seen:
            self._known, self._schema = {}, _Schema.seen
        name_here, reader = self._known.get(name) or self._prepare(name, command)
        result = _check(self._pgconn.exec_prepared(name_here, sent))
        if reader is None:
            reader = Transformer(self._connection)
            reader.set_pgresult(result)
            self._known[name] = name_here, reader
        else:
            reader.set_pgresult(result, set_loaders=False)
        return result, reader

    def _prepare(self, name: str, command: bytes) -> tuple[bytes, abc.Transformer | None]:
        """Have it read. It is known from now on, also where its first values are refused."""
        name_here = f"{name}_{self._schema}".encode()
        _check(self._pgconn.prepare(name_here, command))
        known = self._known[name] = name_here, None
        return known

    def _ask_unprepared(
        self, _name: str, command: bytes, sent: Sequence[Any] | None
    ) -> tuple[PGresult, abc.Transformer]:
        result, reader = _check(self._pgconn.exec_params(command, sent)), Transformer(self._connection)
        reader.set_pgresult(result)
        return result, reader


class _Schema:
    """How often this process has seen that the schema changed under it."""

    seen = 0


_LINKS: Final[WeakKeyDictionary[Connection[Any], _Link]] = WeakKeyDictionary()


def _link_of(opened: Connection[Any]) -> _Link:
    link = _LINKS.get(opened)
    if link is None:
        link = _LINKS[opened] = _Link(opened)
    return link


def _check(result: PGresult) -> PGresult:
    """Return an answer that is none of an error.

    :raises psycopg.Error: if it is.
    """
    if result.status in _GOOD:
        return result
    if not result.error_field(DiagnosticField.SQLSTATE):  # not the server's word: it has gone
        raise OperationalError(result.get_error_message(), info=result)
    raise error_from_result(result)
