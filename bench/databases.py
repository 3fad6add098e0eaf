"""The databases that a benchmark runs on: SQLite always, PostgreSQL where there is one or its programs are."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg

_OWNER = "postgres"


@dataclass(frozen=True)
class Database:
    """A kind of database, and the variables that make `kapi` use an empty one of it."""

    name: str
    environment: dict[str, str] = field(default_factory=dict)


def databases() -> Iterator[Database]:
    """Give SQLite, then PostgreSQL with an empty database that is dropped afterwards.

    PostgreSQL is the server that KAPI_DATABASE_URL names (the user must be allowed to create databases), else one that
    is started for this run alone. Without either, says so and gives SQLite only.
    """
    yield Database("SQLite")
    with _server() as server:
        if server is None:
            print(
                "PostgreSQL was left out: name a server in KAPI_DATABASE_URL, or install its programs "
                "(Debian: postgresql).",
                file=sys.stderr,
            )
            return
        with _empty_database(server) as url:
            yield Database("PostgreSQL", {"KAPI_DATABASE_URL": url})


@contextmanager
def _server() -> Iterator[str | None]:
    named = os.environ.get("KAPI_DATABASE_URL", "")
    if named.startswith("postgres"):
        yield named
        return
    programs = _programs()
    if programs is None or (os.geteuid() == 0 and not _has_user(_OWNER)):
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="kapi-bench-pg-") as folder, _running(programs, Path(folder)) as url:
        yield url


def _programs() -> Path | None:
    """Return the folder of the newest `initdb` and `pg_ctl`; Debian keeps them out of the PATH."""
    found = shutil.which("initdb")
    folders = [*Path("/usr/lib/postgresql").glob("*/bin"), *([Path(found).parent] if found else [])]
    whole = [folder for folder in folders if (folder / "initdb").exists() and (folder / "pg_ctl").exists()]
    return max(whole, key=lambda folder: float(folder.parent.name) if folder.parent.name.isdigit() else 0, default=None)


def _has_user(name: str) -> bool:
    return any(user.pw_name == name for user in pwd.getpwall())


@contextmanager
def _running(programs: Path, folder: Path) -> Iterator[str]:
    """Run a server with its own settings as they come, at a Unix socket in `folder`, as the operator's guide has it.

    PostgreSQL refuses to run as root.
    """
    owner = _OWNER if os.geteuid() == 0 else None
    if owner:
        shutil.chown(folder, owner, owner)
    data = folder / "data"

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), "-D", str(data), *arguments]
        done = subprocess.run(
            command, user=owner, group=owner, extra_groups=[] if owner else None, cwd=folder,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"{program} failed:\n{done.stdout}")

    run("initdb", "-U", _OWNER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
    run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", f"-h '' -k {folder}", "start")
    try:
        yield f"postgres://{_OWNER}@{quote(str(folder), safe='')}/postgres"
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "stop")


@contextmanager
def _empty_database(server: str) -> Iterator[str]:
    name = f"kapi_bench_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def free_port() -> int:
    """Return a port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
