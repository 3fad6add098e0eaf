"""An installation of Kapı of its own for one test: a data folder, a database, and the `kapi` program as a process."""

import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 20
SQLITE_FILE = "kapi.sqlite3"
KAPI = str(Path(sys.executable).with_name("kapi"))


@dataclass
class Installation:
    """Where it lives and what runs in it."""

    data_dir: Path
    environment: dict[str, str]
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def kapi(self, *arguments: str, code: int = 0) -> str:
        """Run `kapi` to its end, expect the exit code, return what it printed."""
        done = subprocess.run(
            [KAPI, *arguments], env=self.environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start `kapi` in a process group of its own; it is stopped with the test. Its output is one text."""
        process = subprocess.Popen(
            [KAPI, *arguments],
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def python(self, code: str, timeout_s: float = 120) -> str:
        """Run a few lines inside this installation, with Django set up, and return what they print."""
        done = subprocess.run(
            [sys.executable, "-c", f"import kapi.commands.main\n{code}"],
            env=self.environment | {"PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def stop_all(self) -> None:
        """End every process that was started and still runs, with all its children."""
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(STOP_TIMEOUT_S)
            if process.stdout:
                process.stdout.close()


@contextmanager
def make_installation(folder: Path, template: Installation | None = None) -> Iterator[Installation]:
    """Make an installation in `folder`, empty or with the tables of `template`.

    On PostgreSQL it has a database of its own.
    """
    # Each process would compile every module anew.
    dropped = ("KAPI_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    environment = kept | {
        "KAPI_DATA_DIR": str(folder / "var"),
        "KAPI_LOG_LEVEL": "INFO",
        "KAPI_SECRET_KEY": "of-this-test-" * 3,
    }
    server = os.environ.get("KAPI_DATABASE_URL", "")
    name = f"kapi_{uuid.uuid4().hex[:12]}"
    if server.startswith("postgres"):
        _on_server(server, f'CREATE DATABASE "{name}" {_like(template)}')
        environment["KAPI_DATABASE_URL"] = urlsplit(server)._replace(path=f"/{name}").geturl()
    elif template is not None:
        (folder / "var").mkdir()
        shutil.copyfile(template.data_dir / SQLITE_FILE, folder / "var" / SQLITE_FILE)
    made = Installation(folder / "var", environment)
    try:
        yield made
    finally:
        made.stop_all()
        if server.startswith("postgres"):
            _on_server(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """An empty installation for one test: no tables yet."""
    with make_installation(tmp_path) as made:
        yield made


@pytest.fixture
def migrated(tmp_path: Path, _template: Installation) -> Iterator[Installation]:
    """An installation for one test with all tables, copied from one that was made once."""
    with make_installation(tmp_path, _template) as made:
        yield made


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with make_installation(tmp_path_factory.mktemp("template")) as made:
        made.kapi("migrate")
        yield made


def _like(template: Installation | None) -> str:
    return f'TEMPLATE "{_database_name(template)}"' if template else ""


def _database_name(installation: Installation) -> str:
    return urlsplit(installation.environment.get("KAPI_DATABASE_URL", "")).path.strip("/")


def _on_server(url: str, statement: Any) -> None:
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(statement)
