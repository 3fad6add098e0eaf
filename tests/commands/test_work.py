"""`kapi serve` and `kapi work` start, work and stop."""

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import psycopg
import pytest

from tests.installation import START_TIMEOUT_S, STOP_TIMEOUT_S, Installation

EVENTS = 400
JOB = "kapi.jobs.deliver_outbox.run"
# Declaring a queue again asserts its kind and tells how many messages wait in it.
WAITING = """
from kapi.config.celery import QUEUE
with app.connection_for_read() as connection:
    print(app.amqp.queues[QUEUE].bind(connection.default_channel).queue_declare().message_count)
"""


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
        with urlopen(f"http://localhost:{port}/saglik", timeout=30) as answer:
            return dict(json.load(answer))
    except HTTPError as failing:
        with failing:
            return dict(json.load(failing))
    except (URLError, OSError):
        return {}


def speaks_http2(port: int) -> bool:
    """Tell whether what listens takes HTTP/2 without TLS: it begins with its settings then (RFC 9113, 3.3 and 3.4)."""
    with socket.create_connection(("localhost", port), timeout=30) as line:
        line.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5))
        return line.recv(9)[3:4] == b"\x04"


class TestServeAndWork:
    def test_are_healthy_together_and_stop_cleanly(self, migrated: Installation) -> None:
        port = free_port()
        gateway = migrated.start("serve", "--port", str(port))
        assert '"worker": "silent"' in migrated.kapi("health", "--port", str(port), "--wait", "60", code=1)
        worker = migrated.start("work")
        wait_for(lambda: health(port).get("status") == "ok")
        migrated.kapi("health", "--port", str(port))
        assert not speaks_http2(port)  # a limit on slow headers is set for HTTP/1 alone
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(STOP_TIMEOUT_S) == 0
        assert health(port)["worker"] == "silent"
        gateway.send_signal(signal.SIGINT)
        assert gateway.wait(STOP_TIMEOUT_S) == 0
        migrated.kapi("health", "--port", str(port), code=1)


class TestServe:
    def test_names_the_remedy_when_its_port_is_taken(self, migrated: Installation) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            refused = migrated.start("serve", "--port", str(other.getsockname()[1]))
            said, _ = refused.communicate(timeout=START_TIMEOUT_S)
        assert refused.returncode == 1
        assert "Address already in use" in said
        assert "KAPI_LISTEN_PORT" in said

    @pytest.mark.skipif(
        not os.environ.get("KAPI_DATABASE_URL", "").startswith("postgres"),
        reason="SQLite does not restart (.ci/run does)",
    )
    def test_goes_on_at_once_when_postgresql_has_restarted(self, migrated: Installation) -> None:
        port = free_port()
        migrated.start("serve", "--port", str(port))
        wait_for(lambda: health(port).get("database") == "ok")
        with psycopg.connect(migrated.environment["KAPI_DATABASE_URL"], autocommit=True) as administrator:
            ended = administrator.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchone()
        assert ended != (0,)
        assert health(port)["database"] == "ok"


def drill(installation: Installation, *calls: str) -> str:
    """Call functions of the drill inside the installation, and return what the last one says."""
    return installation.python(
        "\n".join(["from tests.commands import drill", *calls[:-1], f"print({calls[-1]})"])
    ).strip()


ALL_SEEN = f"drill.wait_until_all_are_seen({EVENTS})"


@pytest.fixture
def drilled(migrated: Installation) -> Installation:
    """An installation with events that wait for a reaction which takes its time."""
    migrated.environment |= {
        "DJANGO_SETTINGS_MODULE": "tests.commands.drill_settings",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    drill(migrated, f"drill.announce({EVENTS})")
    return migrated


class TestWork:
    def test_loses_nothing_and_does_nothing_twice_when_it_is_killed(self, drilled: Installation) -> None:
        hold = drilled.data_dir / "hold"
        hold.parent.mkdir(exist_ok=True)  # with PostgreSQL nothing else has made it
        hold.touch()
        worker = drilled.start("work", DRILL_HOLD=str(hold))
        assert 0 < int(drill(drilled, f"drill.kill_in_the_middle({worker.pid})")) < EVENTS
        drilled.start("work")
        assert drill(drilled, "drill.let_leases_run_out()", ALL_SEEN) == f"{EVENTS} {EVENTS} {EVENTS}"

    def test_does_not_wait_for_calls_that_hang(self, migrated: Installation) -> None:
        migrated.environment |= {
            "DJANGO_SETTINGS_MODULE": "tests.commands.lanes_settings",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        migrated.start("work")
        assert drill(migrated, "drill.wait_until_the_quick_job_runs_beside_the_hanging_one()") == "None 1"

    @pytest.mark.proof
    def test_shares_deliveries_with_other_workers(self, drilled: Installation) -> None:
        workers = [drilled.start("work") for _ in range(3)]
        assert drill(drilled, ALL_SEEN) == f"{EVENTS} {EVENTS} {EVENTS}"
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        assert [worker.wait(STOP_TIMEOUT_S) for worker in workers] == [0, 0, 0]

    @pytest.mark.skipif(find_spec("celery") is None, reason="Celery is not installed (uv sync --extra rabbitmq)")
    def test_goes_on_by_itself_while_the_broker_is_away(self, drilled: Installation) -> None:
        drilled.environment["KAPI_BROKER_URL"] = f"amqp://guest:guest@127.0.0.1:{free_port()}//"
        drilled.start("work")
        assert drill(drilled, ALL_SEEN) == f"{EVENTS} {EVENTS} {EVENTS}"

    @pytest.mark.rabbitmq
    @pytest.mark.skipif("KAPI_BROKER_URL" not in os.environ, reason="KAPI_BROKER_URL names no RabbitMQ (.ci/run does)")
    def test_is_woken_through_a_quorum_queue(self, drilled: Installation) -> None:
        drilled.environment["KAPI_BROKER_URL"] = os.environ["KAPI_BROKER_URL"]
        rung = drilled.python(f"from kapi.config.celery import app, ring\nring({JOB!r})\n{WAITING}")
        assert int(rung.split()[-1]) >= 1
        worker = drilled.start("work", "--processes", "2")
        assert drill(drilled, ALL_SEEN) == f"{EVENTS} {EVENTS} {EVENTS}"
        wait_for(lambda: drilled.python(f"from kapi.config.celery import app\n{WAITING}").split()[-1] == "0")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(STOP_TIMEOUT_S) == 0


class TestMigrate:
    def test_says_what_is_to_be_done_and_does_it_once(self, installation: Installation) -> None:
        assert "jobs.0001_initial" in installation.kapi("migrate", "--check", code=1)
        assert "Applied" in installation.kapi("migrate")
        assert "up to date" in installation.kapi("migrate", "--check")
        assert "up to date" in installation.kapi("migrate")
