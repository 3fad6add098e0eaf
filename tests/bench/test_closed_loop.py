"""Deeds are shared out among the connections, and a wrong answer stops the run."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bench.closed_loop import CONNECTIONS, Connection, Unexpected, cpu_of_family, drive


class _Echo(BaseHTTPRequestHandler):
    """Answers what was sent, with a cookie; says which host was asked for."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Set-Cookie", "kapi=secret=1; Path=/; HttpOnly")
        self.send_header("X-Host", self.headers["Host"])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


class TestConnection:
    def test_gives_the_answer_with_its_cookies(self, port: int) -> None:
        connection = Connection(port)
        answer = connection.send("POST", "/", body=b"hello", wanted=201)
        connection.close()
        assert (answer.body, answer.cookies) == (b"hello", {"kapi": "secret=1"})
        assert answer.headers["x-host"] == f"localhost:{port}"


class TestDrive:
    def test_gives_each_connection_its_share(self, port: int) -> None:
        done: list[tuple[int, int]] = []

        def deed(number: int, connection: Connection) -> None:
            connection.send("POST", "/", body=b"x", wanted=201)
            done.append((number, connection.number))

        numbers = range(2 * CONNECTIONS + 1)
        drive([partial(deed, number) for number in numbers], port=port)
        assert sorted(done) == [(number, number % CONNECTIONS) for number in numbers]

    def test_fails_on_any_other_answer_than_the_wanted_one(self, port: int) -> None:
        def deed(connection: Connection) -> None:
            connection.send("POST", "/", body=b"x", wanted=200)

        with pytest.raises(Unexpected, match="201, not 200"):
            drive([deed], port=port)


class TestCpuOfFamily:
    def test_counts_a_process_and_its_children_also_those_that_have_ended(self) -> None:
        before = cpu_of_family(os.getpid())
        subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True)
        assert cpu_of_family(os.getpid()) > before
