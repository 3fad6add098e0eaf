"""The bell: tells workers that there is work, as soon as it is committed.

The rows are the truth; the bell is a kindness. Ringing never makes anyone wait and never fails: a thread does it, once
for many wishes, and a bell that does not work is left alone for a while. Workers look for themselves anyway.
"""

import logging
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

# Wishes of so long a moment become one ring.
GATHER_S = 0.01
LEAVE_ALONE_S = 10
_log = logging.getLogger(__name__)


def ring_after_commit(job: str) -> None:
    """Ring for `job` once the caller's transaction is committed, or at once outside of one.

    Without a broker (`KAPI_BROKER_URL`) it does nothing.
    """
    if settings.BELL:
        transaction.on_commit(lambda: _bell.wish(job), robust=True)


class _Bell:
    """Rings in a thread of its own, which begins with the first wish of each process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wishes: set[str] = set()
        self._wished = threading.Event()
        self._thread: threading.Thread | None = None

    def wish(self, job: str) -> None:
        with self._lock:
            self._wishes.add(job)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._ring, name="bell", daemon=True)
                self._thread.start()
        self._wished.set()

    def _ring(self) -> None:
        ring: Callable[[str], None] = import_string(settings.BELL)
        while self._wished.wait():
            time.sleep(GATHER_S)
            with self._lock:
                self._wished.clear()
                wishes, self._wishes = self._wishes, set()
            for job in wishes:
                if not _rings(ring, job):
                    time.sleep(LEAVE_ALONE_S)
                    break


def _rings(ring: Callable[[str], None], job: str) -> bool:
    try:
        ring(job)
    except OSError as failure:
        _log.warning("the broker does not answer (%s); workers look for themselves", type(failure).__name__)
        return False
    return True


_bell = _Bell()
