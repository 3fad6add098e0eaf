"""Closed-loop load from loopback: so many connections, each of which sends its next request when it has its answer.

How many requests a server answers with a second of its CPU does not depend on how fast they come, so nothing is timed
here: the CPU of the processes is read before and after.
"""

import http.client
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

CONNECTIONS = 4
_TICKS = os.sysconf("SC_CLK_TCK")


class Unexpected(Exception):
    """A server answered otherwise than the benchmark needs."""


@dataclass(frozen=True)
class Answer:
    """What came back. `cookies` are those that it set."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)


class Connection:
    """One connection to a server on this machine that stays open. `number` tells it from the others."""

    def __init__(self, port: int, number: int = 0) -> None:
        self.number = number
        self._host = f"localhost:{port}"
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def send(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        wanted: int,
    ) -> Answer:
        """Send a request and return the answer.

        :raises Unexpected: if its status is not the one `wanted`.
        """
        self._connection.request(method, path, body, {"Host": self._host, **(headers or {})})
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status != wanted:
            raise Unexpected(f"{method} {path[:200]}: {answer.status}, not {wanted}: {content[:500]!r}")
        set_cookies = (line.partition(";")[0].partition("=") for line in answer.headers.get_all("Set-Cookie") or [])
        cookies = {name: value for name, _, value in set_cookies}
        return Answer(answer.status, {name.lower(): value for name, value in answer.headers.items()}, content, cookies)

    def close(self) -> None:
        """Close it."""
        self._connection.close()


Deed = Callable[[Connection], None]


def drive(deeds: Sequence[Deed], *, port: int) -> None:
    """Do all `deeds` over `CONNECTIONS` connections at once: number n of them is for connection n modulo their number.

    :raises Unexpected: the first that was raised by a deed.
    """
    failures: list[BaseException] = []

    def do(number: int) -> None:
        connection = Connection(port, number)
        try:
            for deed in deeds[number::CONNECTIONS]:
                if failures:
                    break
                deed(connection)
        except (Unexpected, OSError, http.client.HTTPException) as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def database_server(url: str) -> int | None:
    """Return the process id of the PostgreSQL server behind `url`, or None where it is not on this machine."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        backend = _fields(row[0]) if row else None
    return int(backend[1]) if backend and backend[0] == "postgres" else None


def cpu_of_family(parent: int) -> float:
    """Return the CPU seconds of a process and of its children, the living and those that have ended."""
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        fields = _fields(int(folder.name))
        if fields is None:
            continue
        if int(folder.name) == parent:
            ticks += sum(int(value) for value in fields[11:15])
        elif int(fields[1]) == parent:
            ticks += sum(int(value) for value in fields[11:13])
    return ticks / _TICKS


def _fields(process: int) -> list[str] | None:
    """Return what /proc tells of a process: its name, then what stands behind the state; None if there is none."""
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    name, _, rest = told.partition("(")[2].rpartition(")")
    return [name, *rest.split()[1:]]
