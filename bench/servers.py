"""Servers of a benchmark's own: `kapi` with settings of its own, and whatever it is compared with."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
START_TIMEOUT_S = 60


def gateway_settings(folder: Path, port: int) -> dict[str, str]:
    """Return an environment for `kapi` with its data in `folder`, on SQLite, served at `port` of this machine."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KAPI_")}
    return kept | {
        "KAPI_DATA_DIR": str(folder / "var"),
        "KAPI_GATEWAY_URL": f"http://localhost:{port}",
        "KAPI_SECRET_KEY": secrets.token_urlsafe(32),
        "KAPI_LOG_LEVEL": "WARNING",
    }


def kapi(settings: dict[str, str], *arguments: str) -> None:
    """Call `kapi`; ends the program with what it said if it fails."""
    done = subprocess.run(
        [str(BIN / "kapi"), *arguments], env=settings, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"kapi {' '.join(arguments[:2])} failed:\n{done.stdout}{done.stderr}")


@contextmanager
def running(command: list[str], environment: dict[str, str], port: int) -> Iterator[int]:
    """Run a server until the block ends; give its process group."""
    process = subprocess.Popen(command, env=environment, cwd=ROOT, start_new_session=True)
    try:
        end = time.monotonic() + START_TIMEOUT_S
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"{command[0]} did not start.")
            time.sleep(0.1)
        yield process.pid
    finally:
        # The whole group: the program may be a wrapper of the server.
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
