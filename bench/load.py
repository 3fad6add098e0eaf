"""Open-loop load from loopback: requests leave at fixed moments, whether or not earlier ones have been answered."""

import http.client
import itertools
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 32
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Loaded:
    """What came of it: seconds from each planned departure to its answer, answers other than 200, CPU of the server."""

    seconds: Sequence[float]
    failures: int
    cpu_s: float


def load(*, port: int, paths: Sequence[str], rate: float, duration_s: float, group: int) -> Loaded:
    """Ask for `paths` in turn, `rate` times a second; `group` is the server's process group, whose CPU is counted.

    A request that finds every connection busy leaves late, and what it waited counts: a slow server cannot slow down
    its own measurement.
    """
    total, numbers, lock = int(rate * duration_s), itertools.count(), threading.Lock()
    seconds: list[float] = []
    failures = [0]
    began, cpu = time.monotonic() + 0.2, cpu_of_group(group)

    def ask() -> None:
        connection = http.client.HTTPConnection("localhost", port, timeout=30)
        while (number := next(numbers)) < total:
            departure = began + number / rate
            time.sleep(max(0.0, departure - time.monotonic()))
            is_answered = _get(connection, paths[number % len(paths)])
            with lock:
                seconds.append(time.monotonic() - departure)
                failures[0] += not is_answered
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Loaded(seconds, failures[0], cpu_of_group(group) - cpu)


def _get(connection: http.client.HTTPConnection, path: str) -> bool:
    """Say whether the page came; the next request opens the connection anew if this one broke it."""
    try:
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return False
    return answer.status == 200


def cpu_of_group(group: int) -> float:
    """Return the CPU seconds that the living processes of a process group have used."""
    ticks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS
