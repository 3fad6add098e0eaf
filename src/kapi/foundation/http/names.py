"""Asking the DNS, and not waiting for it longer than the caller does.

The system's resolver cannot be interrupted. So it is asked in a thread, which is left behind when the time is over and
ends when the resolver gives up; how many may be left behind at once is limited, and whoever comes then waits in vain
instead of adding to them.
"""

import socket
import threading
import time
from queue import Empty, SimpleQueue

from kapi.foundation.http.errors import CallFailed

MOST_LOOKUPS = 64
_lookups = threading.BoundedSemaphore(MOST_LOOKUPS)


def look_up(host: str, port: int, timeout_s: float) -> list[str]:
    """Return the addresses behind a name, each once, in the order in which they should be tried.

    :raises CallFailed: reason `name` if the name is not known, `timeout` if nobody said in `timeout_s` seconds.
    """
    try:  # an address, however it is written, needs no question
        return _ask(host, port, socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        pass
    deadline, room = time.monotonic() + timeout_s, _lookups
    if not room.acquire(timeout=max(0.0, timeout_s)):
        raise CallFailed("timeout")
    answers: SimpleQueue[list[str] | None] = SimpleQueue()
    threading.Thread(target=_ask_and_tell, args=(host, port, answers, room), name="lookup", daemon=True).start()
    try:
        addresses = answers.get(timeout=max(0.0, deadline - time.monotonic()))
    except Empty:
        raise CallFailed("timeout") from None
    if addresses is None:
        raise CallFailed("name")
    return addresses


def _ask_and_tell(
    host: str, port: int, answers: SimpleQueue[list[str] | None], room: threading.BoundedSemaphore
) -> None:
    try:
        answers.put(_ask(host, port, 0))
    except (OSError, UnicodeError):
        answers.put(None)
    finally:
        room.release()


def _ask(host: str, port: int, flags: int) -> list[str]:
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))
