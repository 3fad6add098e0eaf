"""One at a time, across processes."""

import zlib

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
