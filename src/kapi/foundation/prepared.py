"""Statements that PostgreSQL has read before: sent by name, with their values beside them.

Django writes the values into the text of a statement, so PostgreSQL reads and plans it anew each time; and its cursors,
with psycopg's below them, take more of our CPU than sending and reading does. A statement that is sent often goes
straight to libpq here. Where anybody listens to statements (`connection.execute_wrapper`, captured queries, DEBUG), and
on SQLite, which keeps what it has read anyway, it goes through Django's cursor as all others do.
"""

import re
import select
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from operator import itemgetter
from typing import Any, Final

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import Connection, abc
from psycopg.adapt import AdaptersMap, Dumper, PyFormat, Transformer
from psycopg.errors import FeatureNotSupported, InvalidSqlStatementName, OperationalError, error_from_result
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.types.datetime import TimestamptzLoader

from kapi.foundation.settled import settings

_PLACES: Final = re.compile(r"%(%|s)")
_NUMBERS: Final = count(1)
_IDLE: Final = TransactionStatus.IDLE
_GOOD: Final = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK})
# A schema that has changed under a statement ("cached plan must not change result type"), and a connection that has
# forgotten it (DISCARD, DEALLOCATE, a pooler that hands out another one).
_FORGOTTEN: Final = (FeatureNotSupported, InvalidSqlStatementName)

Rows = list[tuple[Any, ...]]


class Statement:
    """A statement with `%s` for each of its values, which each connection knows by a name of its own."""

    def __init__(self, sql: str) -> None:
        """`sql` is written for the kind of database that it is sent to."""
        self.sql = sql
        places = count(1)
        self.command = _PLACES.sub(lambda found: "%" if found[1] == "%" else f"${next(places)}", sql).encode()
        self.formats = [PyFormat.TEXT] * (next(places) - 1)

    def send(self, values: Sequence[object]) -> tuple[Rows, int]:
        """Send it with a value for each place; return the rows of the answer, and how many it returned or changed.

        Moments go as they are, all else as fields adapt it to the database. Columns come as Django's cursor returns
        them: converters of fields have not seen them.

        :raises django.db.Error: the kinds that Django raises.
        """
        link = _link_that_nobody_listens_to()
        if link is None:
            return self._send_by_cursor(values)
        try:
            return link.send(self, values)
        except psycopg.Error:
            with link.wrapper.wrap_database_errors:
                raise

    def _send_by_cursor(self, values: Sequence[object]) -> tuple[Rows, int]:
        connection = connections[DEFAULT_DB_ALIAS]
        adapt = connection.ops.adapt_datetimefield_value
        adapted: list[Any] = [adapt(value) if type(value) is datetime else value for value in values]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, adapted)
            return (cursor.fetchall() if cursor.description else []), cursor.rowcount


def send_together(asked: Sequence[tuple[Statement, Sequence[object]]]) -> list[Rows]:
    """Send statements with their values, none of which rests on another's answer, and return the rows of each.

    They make one journey to PostgreSQL, as one transaction: where one fails, what the others did is undone. Where they
    cannot go together each is sent by itself, and what was done before the one that fails stays.

    :raises django.db.Error: the kinds that Django raises.
    """
    link = _link_that_nobody_listens_to() if len(asked) > 1 and settings.DATABASE_PREPARED else None
    if link is None:
        return [statement.send(values)[0] for statement, values in asked]
    try:
        return link.send_together(asked)
    except psycopg.Error:
        with link.wrapper.wrap_database_errors:
            raise


def kept_beside_connection() -> dict[Any, Any] | None:
    """Return what this thread keeps of what it has read by its connection: it is forgotten when that ends.

    Whoever keeps something there asks, in the statement that rests on it, whether the row is the same as it was (see
    `statements.Version`). None where the database cannot tell.
    """
    link = _HERE.link
    if link is None or link.wrapper.connection is not link.opened or not link.wrapper.health_check_done:
        link = _link_of_this_thread()
    return None if link is None else link.kept


def forget_kept_beside_connection() -> None:
    """Keep nothing of what this thread has read until now."""
    if _HERE.link is not None:
        _HERE.link.kept.clear()


def in_order(names: Sequence[str]) -> Callable[[Mapping[str, object]], Sequence[object]]:
    """Return what reads the values of these names in their order: what a statement is sent with."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: [values[name] for name in names]


class _Link:
    """A connection to PostgreSQL, and what it has read before. One thread uses it at a time, as Django sees to."""

    def __init__(self, wrapper: Any) -> None:
        """`wrapper` is Django's, and has opened its connection."""
        self.wrapper = wrapper
        self.opened: Connection[Any] = wrapper.connection
        self._pgconn = self.opened.pgconn
        self._adapting = _Adapting(self.opened, _adapters(wrapper))
        self._dump = Transformer(self._adapting).dump_sequence
        self._forget()

    def _forget(self) -> None:
        """Begin anew, by names that nobody has used on this connection."""
        self._known: dict[Statement, _Known] = {}
        self.kept: dict[Any, Any] = {}
        self._number, self._schema = next(_NUMBERS), _Schema.seen

    def send(self, statement: Statement, values: Sequence[object]) -> tuple[Rows, int]:
        """Send a statement, as the first one of a transaction where one is to begin."""
        sent = self._dump(values, statement.formats) if values else None
        if not self.wrapper.autocommit and self._pgconn.transaction_status == _IDLE:
            _check(self._pgconn.exec_(b"BEGIN"))
        try:
            result, reader = self._ask(statement, sent)
        except _FORGOTTEN:
            _Schema.seen += 1  # every connection of this process reads its statements anew
            if self._pgconn.transaction_status != _IDLE:
                raise  # the transaction is lost, the next one is not
            result, reader = self._ask(statement, sent)
        return reader.load_rows(0, result.ntuples, tuple), result.command_tuples or 0

    def send_together(self, asked: Sequence[tuple[Statement, Sequence[object]]]) -> list[Rows]:
        """Send statements without waiting for the answers between them (libpq's pipeline mode)."""
        if not self.wrapper.autocommit and self._pgconn.transaction_status == _IDLE:
            _check(self._pgconn.exec_(b"BEGIN"))
        try:
            return self._ask_together(asked)
        except _FORGOTTEN:
            _Schema.seen += 1
            if self._pgconn.transaction_status != _IDLE:
                raise
            return [self.send(statement, values)[0] for statement, values in asked]

    def _ask_together(self, asked: Sequence[tuple[Statement, Sequence[object]]]) -> list[Rows]:
        if self._schema != _Schema.seen:
            self._forget()
        every = [self._known.get(statement) or self._prepare(statement) for statement, _ in asked]
        sent = [self._dump(values, statement.formats) if values else None for statement, values in asked]
        results = self._in_pipeline(list(zip(every, sent, strict=True)))
        for result in results:
            if result.status not in _GOOD:
                raise _error_of(result)
        return [self._rows(known, result) for known, result in zip(every, results, strict=True)]

    def _in_pipeline(self, sent: Sequence[tuple["_Known", Sequence[Any] | None]]) -> list[PGresult]:
        """Return the results, of which each after one that failed says just that."""
        pgconn, results, is_over = self._pgconn, [], False
        try:
            pgconn.enter_pipeline_mode()
            for known, values in sent:
                pgconn.send_query_prepared(known.name, values)
            pgconn.pipeline_sync()
            for _ in sent:
                results.append(_result(pgconn))
                pgconn.get_result()  # that there is no other; it came along
            _result(pgconn)  # that it is the end
            pgconn.exit_pipeline_mode()
            is_over = True
        finally:
            if not is_over:
                pgconn.finish()  # answers that nobody has read would be taken for those of the next statement
        return results

    def _ask(self, statement: Statement, sent: Sequence[Any] | None) -> tuple[PGresult, abc.Transformer]:
        if not settings.DATABASE_PREPARED:
            result = _check(self._pgconn.exec_params(statement.command, sent))
            return result, self._reader_of(result)
        if self._schema != _Schema.seen:
            self._forget()
        known = self._known.get(statement) or self._prepare(statement)
        result = self._pgconn.exec_prepared(known.name, sent)
        if result.status not in _GOOD:
            raise _error_of(result)
        return result, self._reader(known, result)

    def _rows(self, known: "_Known", result: PGresult) -> Rows:
        return self._reader(known, result).load_rows(0, result.ntuples, tuple)

    def _reader(self, known: "_Known", result: PGresult) -> abc.Transformer:
        reader = known.reader
        if reader is None:
            reader = known.reader = self._reader_of(result)
        else:
            reader.set_pgresult(result, set_loaders=False)
        return reader

    def _prepare(self, statement: Statement) -> "_Known":
        """Have it read. It is known from now on, also where its first values are refused."""
        known = _Known(f"kapi_{self._number}_{len(self._known)}".encode())
        _check(self._pgconn.prepare(known.name, statement.command))
        self._known[statement] = known
        return known

    def _reader_of(self, result: PGresult) -> abc.Transformer:
        reader = Transformer(self._adapting)
        reader.set_pgresult(result)
        return reader


@dataclass
class _Known:
    """A statement that a connection has read: by which name, and how its answers are read, once there was one."""

    name: bytes
    reader: abc.Transformer | None = None


@dataclass(frozen=True)
class _Adapting:
    """How values of a connection are written and read, as psycopg asks for it."""

    connection: Connection[Any]
    adapters: AdaptersMap


class _MomentDumper(Dumper):
    """Writes a moment as psycopg's own does, which finds out first which kind of moment each is."""

    def dump(self, obj: datetime) -> bytes:
        """Return its text."""
        return str(obj).encode()


def _adapters(wrapper: Any) -> AdaptersMap:
    """Return Django's adapters, but for those of moments that take long: they are written in Python."""
    adapters = AdaptersMap(wrapper.connection.adapters)
    adapters.register_dumper(datetime, _MomentDumper)
    if wrapper.timezone is UTC:
        # Of a connection in UTC, as Django sees to, psycopg's own reads the same as Django's does.
        adapters.register_loader("timestamptz", TimestamptzLoader)
    return adapters


class _Schema:
    """How often this process has seen that the schema changed under it."""

    seen = 0


class _Here(threading.local):
    """The link of each thread."""

    link: _Link | None = None


_HERE: Final = _Here()


def _link_that_nobody_listens_to() -> _Link | None:
    """Return the link of this thread; None where statements are to go through Django's cursor.

    :raises TransactionManagementError: in a transaction that has failed.
    """
    # What Django's cursors look at each time is looked at here without a call where nothing is the matter.
    link = _HERE.link
    if link is None or link.wrapper.connection is not link.opened or not link.wrapper.health_check_done:
        link = _link_of_this_thread()
        if link is None:
            return None
    wrapper = link.wrapper
    if wrapper.execute_wrappers or wrapper.force_debug_cursor or settings.DEBUG:
        return None
    if wrapper.needs_rollback:
        wrapper.validate_no_broken_transaction()
    return link


def _link_of_this_thread() -> _Link | None:
    """Return the link, opened if need be and looked at once for each request as by Django's cursors.

    None where the database is another one.
    """
    wrapper: Any = connections[DEFAULT_DB_ALIAS]
    if wrapper.vendor != "postgresql":
        return None
    wrapper.close_if_health_check_failed()
    wrapper.ensure_connection()
    wrapper.validate_thread_sharing()
    link = _HERE.link
    if link is None or link.opened is not wrapper.connection:
        link = _HERE.link = _Link(wrapper)
    return link


def _result(pgconn: Any) -> PGresult:
    """Return the next result of a pipeline, and let other threads go on until it is there: `get_result` would not.

    :raises psycopg.OperationalError: if there is none: the connection is lost.
    """
    if pgconn.is_busy():
        coming = select.poll()
        coming.register(pgconn.socket, select.POLLIN)
        while pgconn.is_busy():
            coming.poll()
            pgconn.consume_input()
    result: PGresult | None = pgconn.get_result()
    if result is None:
        raise OperationalError("the connection ended before the answer")
    return result


def _check(result: PGresult) -> PGresult:
    """Return an answer that is none of an error.

    :raises psycopg.Error: if it is.
    """
    if result.status not in _GOOD:
        raise _error_of(result)
    return result


def _error_of(result: PGresult) -> psycopg.Error:
    if not result.error_field(DiagnosticField.SQLSTATE):  # not the server's word: it has gone
        return OperationalError(result.get_error_message(), info=result)
    return error_from_result(result)
