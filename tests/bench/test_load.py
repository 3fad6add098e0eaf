"""The load leaves on time, and what waits is counted from then."""

import os
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from bench.load import load

HANDLING_S = 0.04


class _Slow(BaseHTTPRequestHandler):
    """Answers one request after the other; `/broken` with an error."""

    def do_GET(self) -> None:
        time.sleep(HANDLING_S)
        self.send_response(500 if self.path == "/broken" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    server = HTTPServer(("localhost", 0), _Slow)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


class TestLoad:
    def test_counts_the_time_from_the_planned_moment(self, port: int) -> None:
        number, rate = 12, 200.0
        loaded = load(port=port, paths=["/"], rate=rate, duration_s=number / rate, group=os.getpgrp())
        assert len(loaded.seconds) == number
        # One at a time: the last is answered after all have been handled, though it was to leave long before.
        assert max(loaded.seconds) >= number * HANDLING_S - number / rate
        assert loaded.failures == 0

    def test_counts_what_was_not_answered_well(self, port: int) -> None:
        loaded = load(port=port, paths=["/", "/broken"], rate=100.0, duration_s=0.04, group=os.getpgrp())
        assert (len(loaded.seconds), loaded.failures) == (4, 2)

    def test_counts_what_was_not_answered_at_all(self) -> None:
        loaded = load(port=1, paths=["/"], rate=100.0, duration_s=0.03, group=os.getpgrp())
        assert (len(loaded.seconds), loaded.failures) == (3, 3)
