"""One at a time, across processes."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


def hold_lock(name: str) -> None:
    """Hold the lock `name` until the surrounding transaction ends; wait for whoever holds it.

    PostgreSQL: a transaction-level advisory lock. SQLite: nothing to do, since every transaction of ours takes the
    write lock when it begins.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("hold_lock needs a transaction")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [zlib.crc32(name.encode())])


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Hold the lock `name` over several transactions of this connection; wait for whoever holds it.

    PostgreSQL: a session-level advisory lock, which a lost connection gives back. SQLite is one machine's: each step
    waits for the write lock by itself.
    """
    if connection.vendor != "postgresql":
        yield
        return
    key = zlib.crc32(name.encode())
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [key])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
