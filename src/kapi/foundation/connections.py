"""What a thread does with its connection to the database between two requests."""

import threading
from typing import Final

from django.db import DEFAULT_DB_ALIAS, connections


class _OfThisThread(threading.local):
    """Django's object for this thread's connection; it stays the same when the connection is opened anew."""

    def __init__(self) -> None:
        self.connection = connections[DEFAULT_DB_ALIAS]


_HERE: Final = _OfThisThread()


def settle_connection() -> None:
    """Do for the one database that there is what `django.db.close_old_connections` does for all of several.

    A connection in a broken transaction or past its age is closed, and one that is good will be looked at before its
    next statement.
    """
    _HERE.connection.close_if_unusable_or_obsolete()
