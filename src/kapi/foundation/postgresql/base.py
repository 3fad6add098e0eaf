"""Connections to PostgreSQL: each thread keeps one, and looks whether it lives before it uses it.

Django would ask the server whether a kept connection lives, which costs a round trip for each request. Here the
operating system is asked whether anything has come in: a server that stops says so, and ends the connection, so a
connection on which nothing has come in is as good as one that was asked a moment ago. Only where something has is the
server asked. Hosts that vanish without a word are noticed by the probes of TCP (`kapi.config.settings.database`).
"""

import select
import threading
import time
from typing import Any, Final
from weakref import WeakKeyDictionary

import psycopg
from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

PATIENCE_S: Final = 10.0
_PAUSE_S: Final = 0.2


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, but for how a connection begins, is looked at, and ends."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect, and try again for `PATIENCE_S`: a server that restarts is back in a moment."""
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                connection = super().get_new_connection(conn_params)
                break
            except psycopg.OperationalError:
                if time.monotonic() + _PAUSE_S > end:
                    raise
                time.sleep(_PAUSE_S)
        _of_this_thread.kept[self] = _EndsWithItsThread(connection)
        return connection

    def close_if_unusable_or_obsolete(self) -> None:
        """Do as Django does before and after each request; where nothing is the matter, by what is known already."""
        if (
            self.connection is not None
            and self.autocommit is True
            and self.settings_dict["AUTOCOMMIT"] is True
            and not self.errors_occurred
            and (self.close_at is None or time.monotonic() < self.close_at)
        ):
            self.health_check_done = False
        else:
            super().close_if_unusable_or_obsolete()

    def is_usable(self) -> bool:
        """Tell whether the connection lives: by a look where it is at rest, else by asking the server."""
        connection = self.connection
        if connection is None or connection.closed:
            return False
        pgconn = connection.pgconn
        if pgconn.transaction_status == TransactionStatus.IDLE and not _has_come_in(pgconn.socket):
            return True
        return bool(super().is_usable())


class _EndsWithItsThread:
    """Closes a connection when the thread that keeps it ends: Django would leave that to the garbage collector."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __del__(self) -> None:
        self._connection.close()


class _OfThisThread(threading.local):
    def __init__(self) -> None:
        self.kept: WeakKeyDictionary[DatabaseWrapper, _EndsWithItsThread] = WeakKeyDictionary()


_of_this_thread: Final = _OfThisThread()


def _has_come_in(descriptor: int) -> bool:
    """Tell whether there is anything to read: an answer, a last word, or the end."""
    looking = select.poll()
    looking.register(descriptor, select.POLLIN)
    return bool(looking.poll(0))
