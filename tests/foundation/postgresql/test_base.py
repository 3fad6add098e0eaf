import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, close_old_connections, connection, connections

from kapi.foundation.prepared import Statement

pytestmark = [
    pytest.mark.skipif(connection.vendor != "postgresql", reason="about PostgreSQL (.ci/run)"),
    pytest.mark.django_db,
]


@pytest.fixture
def kept() -> Iterator[Any]:
    """A connection as a thread keeps it between two requests."""
    wrapper: Any = connections.create_connection(DEFAULT_DB_ALIAS)
    _ask(wrapper)
    yield wrapper
    wrapper.close()


def _ask(wrapper: Any) -> int:
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [[process]] = cursor.fetchall()
    return int(process)


def _begin_request(wrapper: Any) -> None:
    """Do what Django does before each request."""
    wrapper.close_if_unusable_or_obsolete()


def _say(statement: str) -> object:
    """Say something to the server from beside."""
    beside: Any = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        with beside.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else None
    finally:
        beside.close()


def _end(process: int) -> None:
    assert _say(f"SELECT pg_terminate_backend({process}, 60000)") == [(True,)]


class TestAKeptConnection:
    def test_serves_request_after_request(self, kept: Any) -> None:
        first = _ask(kept)
        _begin_request(kept)
        assert _ask(kept) == first

    def test_is_looked_at_without_asking_the_server(self, kept: Any) -> None:
        sent: list[bytes] = []
        pgconn = kept.connection.pgconn
        _begin_request(kept)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(kept.connection), "cursor", lambda *_: sent.append(b"a cursor"))
            assert kept.is_usable()
        assert (sent, pgconn.status) == ([], psycopg.pq.ConnStatus.OK)

    def test_is_replaced_before_a_request_when_the_server_has_ended_it(self, kept: Any) -> None:
        first = _ask(kept)
        _begin_request(kept)
        _end(first)
        assert _ask(kept) != first

    def test_is_replaced_before_a_transaction_too(self, kept: Any) -> None:
        first = _ask(kept)
        _begin_request(kept)
        _end(first)
        kept.set_autocommit(False)
        assert _ask(kept) != first
        kept.rollback()
        kept.set_autocommit(True)

    def test_is_replaced_before_a_statement_that_the_server_keeps(self) -> None:
        asked = Statement("SELECT pg_backend_pid()")

        def two_requests() -> tuple[int, int]:
            [[first]] = asked.send([])[0]
            close_old_connections()
            _end(first)
            [[second]] = asked.send([])[0]
            return first, second

        with ThreadPoolExecutor(1) as thread:
            first, second = thread.submit(two_requests).result()
        assert first != second

    def test_is_replaced_after_a_request_in_whose_middle_it_ended(self, kept: Any) -> None:
        first = _ask(kept)
        _end(first)
        with pytest.raises(Exception, match=r"terminat|closed"):
            _ask(kept)
        _begin_request(kept)
        assert _ask(kept) != first

    def test_goes_on_after_news_that_are_not_its_end(self, kept: Any) -> None:
        first = _ask(kept)
        kept.connection.execute("LISTEN kapi_news")
        _say("NOTIFY kapi_news")
        _begin_request(kept)
        assert kept.is_usable()
        assert _ask(kept) == first

    def test_is_not_lent_on_in_a_failed_transaction(self, kept: Any) -> None:
        kept.set_autocommit(False)
        with pytest.raises(Exception, match="no_such_table"), kept.cursor() as cursor:
            cursor.execute("SELECT * FROM no_such_table")
        assert not kept.is_usable()
        _begin_request(kept)
        assert kept.connection is None


class TestAThread:
    def test_closes_its_connection_when_it_ends(self) -> None:
        found: list[Any] = []

        def work() -> None:
            connection.ensure_connection()
            close_old_connections()
            found.append(connection.connection)
            assert not found[0].closed

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert found[0].closed


@contextmanager
def _server_that_listens_later() -> Iterator[int]:
    """Give a port that refuses for half a second and then leads to PostgreSQL, once."""
    with socket.socket() as door, ThreadPoolExecutor(3) as threads:
        door.bind(("127.0.0.1", 0))

        def pump(source: socket.socket, sink: socket.socket) -> None:
            while piece := source.recv(65_536):
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)

        def serve() -> None:
            time.sleep(0.5)
            door.listen()
            told = connection.settings_dict
            with door.accept()[0] as near, socket.create_connection((told["HOST"], int(told["PORT"] or 5432))) as far:
                wait([threads.submit(pump, near, far), threads.submit(pump, far, near)])

        threads.submit(serve)
        yield int(door.getsockname()[1])


class TestConnecting:
    def test_waits_for_a_server_that_restarts(self) -> None:
        wrapper: Any = connections.create_connection(DEFAULT_DB_ALIAS)
        if not wrapper.settings_dict["HOST"] or wrapper.settings_dict["HOST"].startswith("/"):
            pytest.skip("PostgreSQL is not reached by TCP here")
        with _server_that_listens_later() as port:
            wrapper.settings_dict = wrapper.settings_dict | {"HOST": "127.0.0.1", "PORT": str(port)}
            assert _ask(wrapper)
            wrapper.close()

    def test_notices_hosts_that_vanish(self) -> None:
        options = settings.DATABASES[DEFAULT_DB_ALIAS]["OPTIONS"]
        assert {"keepalives_idle", "tcp_user_timeout", "connect_timeout"} <= set(options)
