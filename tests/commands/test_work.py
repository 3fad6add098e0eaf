"""`kapi serve` and `kapi work` start, work and stop."""

import json
import signal
import socket
import time
from collections.abc import Callable
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from tests.installation import START_TIMEOUT_S, STOP_TIMEOUT_S, Installation


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], bool], seconds: float = START_TIMEOUT_S) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def health(port: int) -> dict[str, str]:
    """Ask for health; an empty answer while nothing listens."""
    try:
        with urlopen(f"http://localhost:{port}/saglik", timeout=5) as answer:
            return dict(json.load(answer))
    except HTTPError as failing:
        with failing:
            return dict(json.load(failing))
    except (URLError, OSError):
        return {}


class TestServeAndWork:
    def test_are_healthy_together_and_stop_cleanly(self, installation: Installation) -> None:
        installation.kapi("migrate")
        port = free_port()
        gateway = installation.start("serve", "--port", str(port))
        wait_for(lambda: health(port).get("database") == "ok")
        assert health(port)["worker"] == "silent"
        worker = installation.start("work")
        wait_for(lambda: health(port).get("status") == "ok")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(STOP_TIMEOUT_S) == 0
        assert health(port)["worker"] == "silent"
        gateway.send_signal(signal.SIGINT)
        assert gateway.wait(STOP_TIMEOUT_S) == 0


class TestMigrate:
    def test_says_what_is_to_be_done_and_does_it_once(self, installation: Installation) -> None:
        assert "jobs.0001_initial" in installation.kapi("migrate", "--check", code=1)
        assert "Applied" in installation.kapi("migrate")
        assert "up to date" in installation.kapi("migrate", "--check")
        assert "up to date" in installation.kapi("migrate")
