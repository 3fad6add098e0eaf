"""`kapi demo`: the whole gateway with demo data and two sample institutions, in one foreground process group.

This module knows no Django: it prepares an environment and starts processes that read it.
"""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kapi.commands import beside_demo
from kapi.commands.children import end_with_parent
from kapi.commands.ports import why_taken

ROOT = Path(__file__).resolve().parents[3]
HOST = "127.0.0.1"
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 10
LOOK_EVERY_S = 0.1
# A process that dies more often than so is not started again.
MOST_DEATHS, DEATHS_WITHIN_S = 3, 60
# The gateway calls itself unwell below 256 MB; the demo's data need some of what lies above.
FREE_MB = 300

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
_console = Console(stderr=True)


@dataclass(frozen=True)
class Institution:
    """A sample institution: how it is called, what kind it is, where it listens."""

    name: str
    kind: str
    port: int

    @property
    def url(self) -> str:
        """Where citizens reach it."""
        return f"http://localhost:{self.port}"

    @property
    def client_id(self) -> str:
        """What it is called at the gateway; the port is part of it, for a client's addresses never change."""
        return f"{self.kind}-{self.port}"


@dataclass
class Child:
    """A process of the demo, how it is started, and when it has died of late."""

    name: str
    command: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes]
    deaths: list[float] = field(default_factory=list)


class _Stopped(Exception):
    """Somebody pressed Ctrl-C or sent SIGTERM."""


class _ChildDied(Exception):
    """A process of the demo ended by itself, and starting it again does not help."""


@app.callback()
def kapi() -> None:
    """Kapı, a national e-Government gateway."""


@app.command()
def demo(
    port: Annotated[
        int, typer.Option(min=1, max=65533, help="Port of the gateway; the institutions take the next two")
    ] = 8000,
) -> None:
    """Serve the gateway with demo data at http://localhost:PORT, and two sample institutions beside it.

    Creates what is missing (database, demo data, assets), starts gateway, worker and institutions, prints where to go
    and with whom to sign in. Ctrl-C stops everything. The data stays in KAPI_DATA_DIR, else in ./var; delete that
    folder to begin anew. One demo at a time may use it: two side by side need two folders, and ports three apart.

    KAPI_DATABASE_URL=postgres://... puts the data into PostgreSQL, in a database for this demo alone;
    KAPI_REDIS_URL, KAPI_BROKER_URL and KAPI_LOG_LEVEL are heeded too, and with KAPI_STAFF_BY_PASSWORD=false the work
    pages ask for a passkey as they do for real. Every other KAPI_* variable is the demo's own to set.
    """
    institutions = [
        Institution("Demoşehir Belediyesi", "municipality", port + 1),
        Institution("Örnek Üniversitesi", "university", port + 2),
    ]
    _refuse_busy_ports([port, *(institution.port for institution in institutions)])
    environment = _environment(port)
    claim = _claim(Path(environment["KAPI_DATA_DIR"]), port)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _on_signal)
    children: list[Child] = []
    code = 0
    try:
        _prepare(institutions, environment)
        beside_demo.leave_settings(environment)
        _start_all(children, institutions, environment)
        _wait_until_healthy(children, [port], [institution.port for institution in institutions])
        _print_welcome(Path(environment["KAPI_DATA_DIR"]) / "demo.json")
        _watch(children)
    except _Stopped:
        _console.print("\nStopping ...")
    except _ChildDied as death:
        _console.print(f"\n[bold red]{death}[/] Its last words are above. Stopping the others ...")
        code = 1
    finally:
        _stop(children)
        claim.close()
    raise typer.Exit(code)


def _on_signal(_number: int, _frame: object) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    raise _Stopped


def _refuse_busy_ports(ports: list[int]) -> None:
    for port in ports:
        if why_taken(HOST, port):
            _refuse(
                f"Port {port} is in use.",
                f"The demo needs the ports {ports[0]} to {ports[-1]}. Stop the program that listens there, or "
                f"choose another port:\n\n  make demo PORT={ports[0] + 123}",
            )


def _claim(folder: Path, port: int) -> IO[str]:
    """Take the data folder for this demo alone, until the file that is returned is closed."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "demo.lock").open("a+", encoding="utf-8")
    except OSError as failure:
        _refuse(
            f"Nothing can be written into {folder} ({failure.strerror}).",
            "Make it writable, or name another folder:\n\n  KAPI_DATA_DIR=/tmp/kapi-demo make demo",
        )
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < FREE_MB:
        _refuse(
            f"The disk of {folder} is full: {free} MB are free, the demo needs {FREE_MB}.",
            "Make room, or name a folder on another disk:\n\n  KAPI_DATA_DIR=/elsewhere/kapi-demo make demo",
        )
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.seek(0)
        _refuse(
            f"Another demo is using {folder}, at http://localhost:{lock.read().strip()}.",
            f"Stop it, or give this one data of its own:\n\n  KAPI_DATA_DIR=var-{port} make demo PORT={port}",
        )
    lock.truncate(0)
    lock.write(str(port))
    lock.flush()
    return lock


def _refuse(what: str, remedy: str) -> NoReturn:
    _console.print(f"[bold red]{escape(what)}[/] {escape(remedy)}\n", soft_wrap=True)
    raise typer.Exit(1)


def _environment(port: int) -> dict[str, str]:
    """Build what the demo's processes read. Only data folder, database and log level are the caller's to choose."""
    chosen = ("KAPI_DATA_DIR", "KAPI_DATABASE_URL", "KAPI_REDIS_URL", "KAPI_BROKER_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KAPI_") or name in chosen}
    return kept | {
        "KAPI_DATA_DIR": str(Path(os.environ.get("KAPI_DATA_DIR", "var")).resolve()),
        "KAPI_LOG_LEVEL": os.environ.get("KAPI_LOG_LEVEL", "WARNING"),
        "KAPI_DEMO": "true",
        # Everybody who tries the demo signs in as a member of staff too; `false` shows it as it is for real people.
        "KAPI_STAFF_BY_PASSWORD": os.environ.get("KAPI_STAFF_BY_PASSWORD", "true"),
        "KAPI_GATEWAY_URL": f"http://localhost:{port}",
        "KAPI_LISTEN_HOST": HOST,
        "KAPI_LISTEN_PORT": str(port),
        # Ports of one host share their cookies, so the names tell gateways apart.
        "KAPI_COOKIE_SUFFIX": f"_{port}",
        "KAPI_ALLOW_PRIVATE_ADDRESSES": "true",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT / "demo"), os.environ.get("PYTHONPATH", "")])),
    }


def _prepare(institutions: list[Institution], environment: dict[str, str]) -> None:
    given = json.dumps([{"name": i.name, "kind": i.kind, "url": i.url, "client_id": i.client_id} for i in institutions])
    preparation = _start("preparation", [*_kapi("demo-data"), given], environment)
    try:
        code = preparation.process.wait()
    except _Stopped:
        _stop([preparation])
        raise
    if code != 0:
        raise _ChildDied("The demo could not be prepared.")


def _start_all(children: list[Child], institutions: list[Institution], environment: dict[str, str]) -> None:
    children.append(_start("gateway", _kapi("serve"), environment))
    children.append(_start("worker", _kapi("work"), environment))
    keys = Path(environment["KAPI_DATA_DIR"]) / "demo-keys"
    for institution in institutions:
        command = [sys.executable, "-m", "municipality", "--name", institution.name, "--kind", institution.kind]
        command += ["--port", str(institution.port), "--issuer", environment["KAPI_GATEWAY_URL"]]
        command += ["--client-id", institution.client_id, "--key", str(keys / f"{institution.kind}.pem")]
        # An institution is a stranger: it gets nothing of the gateway's settings.
        theirs = {name: value for name, value in environment.items() if not name.startswith("KAPI_")}
        children.append(_start(institution.name, command, theirs))


def _kapi(noun: str) -> list[str]:
    return [sys.executable, "-m", "kapi.commands.main", noun]


def _start(name: str, command: list[str], environment: dict[str, str]) -> Child:
    return Child(name, command, environment, _spawn(command, environment))


def _spawn(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own programs and arguments
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        preexec_fn=_become_child,  # noqa: PLW1509 - this process has one thread
    )


def _become_child() -> None:
    """Leave Ctrl-C to the demo, which ends its children by SIGTERM; end with a demo that is killed and cannot do that.

    Blocked rather than ignored, for a handler of the child's own would undo the latter; and Python may sleep through
    two different signals that come together.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    end_with_parent(signal.SIGTERM)


def _wait_until_healthy(children: list[Child], gateways: list[int], institutions: list[int]) -> None:
    end = time.monotonic() + START_TIMEOUT_S
    waiting = dict.fromkeys(gateways, "/saglik") | dict.fromkeys(institutions, "/")
    while waiting:
        for child in children:
            if child.process.poll() is not None:
                raise _ChildDied(_how_it_died(child))
        if time.monotonic() > end:
            raise _ChildDied(f"Nothing healthy answers on port {min(waiting)} after {START_TIMEOUT_S} seconds.")
        waiting = {port: path for port, path in waiting.items() if not _answers(port, path)}
        time.sleep(LOOK_EVERY_S)


def _answers(port: int, path: str) -> bool:
    request = f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection((HOST, port), timeout=2) as connection:
            connection.sendall(request.encode())
            return connection.recv(64).split(b" ")[1:2] == [b"200"]
    except OSError:
        return False


def _watch(children: list[Child]) -> None:
    while True:
        _look_after(children)
        time.sleep(LOOK_EVERY_S)


def _look_after(children: list[Child]) -> None:
    """Start again what has died, as a service manager would; nobody is signed out by it."""
    for child in children:
        if child.process.poll() is None:
            continue
        now = time.monotonic()
        child.deaths = [death for death in child.deaths if now - death < DEATHS_WITHIN_S] + [now]
        if len(child.deaths) > MOST_DEATHS:
            raise _ChildDied(f"{_how_it_died(child)} It did so {len(child.deaths)} times within a minute.")
        _console.print(f"[bold]{_how_it_died(child)}[/] Starting it again ...")
        child.process = _spawn(child.command, child.environment)


def _how_it_died(child: Child) -> str:
    code = child.process.returncode
    how = f"was killed ({signal.Signals(-code).name})" if code < 0 else f"stopped by itself (exit code {code})"
    return f"The {child.name} {how}."


def _stop(children: list[Child]) -> None:
    for child in children:
        if child.process.poll() is None:
            child.process.terminate()
    end = time.monotonic() + STOP_TIMEOUT_S
    for child in children:
        try:
            child.process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            _console.print(f"The {child.name} did not stop in time and was killed.")
            child.process.kill()
            child.process.wait()


def _print_welcome(facts_file: Path) -> None:
    facts = json.loads(facts_file.read_text(encoding="utf-8"))
    addresses = Table(title="Where to go", title_justify="left", show_header=False)
    addresses.add_row("Kapı", facts["gateway"], style="bold")
    for institution in facts["institutions"]:
        addresses.add_row(institution["name"], institution["url"])
    addresses.add_row("Messages that would have been sent", f"{facts['gateway']}/demo/outbox")
    people = Table(
        "T.C. Kimlik No\nŞifre / password", "Ad / name", "Not", "Note", title="Who to sign in as", show_lines=True
    )
    people.title_justify = "left"
    for person in facts["people"]:
        way_in = f"{person['identity_number']}\n{person['password']}"
        # What an earlier version wrote has no English.
        people.add_row(way_in, person["name"], *map(escape, (person["note"], person.get("note_en", ""))))
    console = Console()
    console.print(addresses, people, sep="\n")
    console.print("Everything here is made up. Ctrl-C stops the demo.")
