"""`kapi demo` starts everything, says where, and leaves nothing behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener, urlopen

import pytest

from tests.commands.test_work import free_port, health, wait_for
from tests.installation import Installation

START_TIMEOUT_S = 180
STOP_TIMEOUT_S = 30


class RunningDemo:
    """A demo that has printed its welcome."""

    def __init__(self, installation: Installation) -> None:
        self.port = three_free_ports()
        self.process = installation.start("demo", "--port", str(self.port), PYTHONUNBUFFERED="1")
        self.output = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            if "Ctrl-C stops the demo" in line:
                break
        assert "Ctrl-C" in self.output, self.output
        self.facts = json.loads((installation.data_dir / "demo.json").read_text(encoding="utf-8"))

    def children(self) -> dict[int, str]:
        """List the processes of the demo's process group, itself included, as pid -> command line."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                group = int((folder / "stat").read_text().rpartition(")")[2].split()[2])
                if group == self.process.pid:
                    found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
            except (OSError, ValueError):
                continue
        return {pid: line for pid, line in found.items() if line}

    def started(self, noun: str) -> int:
        """Return the pid of the `kapi` command that the demo itself started, not of that command's own children."""
        for pid, line in self.children().items():
            parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            if parent == self.process.pid and line.rstrip().endswith(noun):
                return pid
        raise AssertionError(noun)

    def main_processes(self) -> dict[str, int]:
        """Find gateway and worker: `serve` and `work` with the pid that the demo started them as."""
        alive = sorted((pid, line.split()[-1]) for pid, line in self.children().items() if line.strip())
        return {noun: min(pid for pid, last in alive if last == noun) for _, noun in alive if noun in {"serve", "work"}}

    def wait_until_gone(self) -> None:
        """Wait until no process of the group is left."""
        wait_for(lambda: not self.children(), STOP_TIMEOUT_S)


def sign_in(citizen: OpenerDirector, demo: RunningDemo) -> None:
    """Sign the first demo person in, as a browser does it."""
    address = f"{demo.facts['gateway']}/giris/"
    with citizen.open(address, timeout=60) as page:
        mark = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.read().decode())
    assert mark
    first = demo.facts["people"][0]
    form = {"csrfmiddlewaretoken": mark[1]} | {name: first[name] for name in ("identity_number", "password")}
    with citizen.open(address, urlencode(form).encode(), timeout=60) as answer:
        assert not answer.url.endswith("/giris/"), answer.read().decode()


def three_free_ports() -> int:
    """Find a port with two free neighbours above it, and return it."""
    while True:
        port = free_port()
        probes = [subprocess.run([sys.executable, "-c", _PROBE, str(port + n)], check=False) for n in (1, 2)]
        if port < 60_000 and all(probe.returncode == 0 for probe in probes):
            return port


_PROBE = "import socket, sys; socket.socket().bind(('127.0.0.1', int(sys.argv[1])))"


def _bare(installation: Installation) -> dict[str, str]:
    """Return the environment of somebody who types a command beside the demo and has set nothing but its folder."""
    kept = {name: value for name, value in installation.environment.items() if not name.startswith("KAPI_")}
    return kept | {"KAPI_DATA_DIR": str(installation.data_dir)}


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
class TestDemo:
    def test_serves_the_gateway_and_two_institutions_and_stops_on_ctrl_c(self, installation: Installation) -> None:
        demo = RunningDemo(installation)
        port = demo.port
        assert demo.facts["gateway"] == demo.facts["issuer"] == f"http://localhost:{port}"
        assert [place["url"] for place in demo.facts["institutions"]] == [
            f"http://localhost:{port + 1}",
            f"http://localhost:{port + 2}",
        ]
        first = demo.facts["people"][0]
        assert (first["identity_number"], first["password"]) == ("10000000146", "Kapi-Demo-2026!")
        assert first["name"] in demo.output
        assert first["note"].split()[:2] == ["Ana", "demo"]
        assert first["note_en"].split()[:2] == ["Main", "demo"]
        assert "Ana demo" in demo.output
        assert "Main demo" in demo.output
        with urlopen(f"http://localhost:{port}/ara?q=su+borcu&format=json", timeout=60) as answer:
            assert json.load(answer)[0]["code"] == "su-borcu"
        with urlopen(f"http://localhost:{port}/saglik", timeout=60) as answer:
            assert json.load(answer)["status"] == "ok"
        for place in demo.facts["institutions"]:
            with urlopen(place["url"], timeout=60) as answer:
                assert place["name"] in answer.read().decode()
        assert all(address in demo.output for address in (demo.facts["gateway"], demo.facts["institutions"][0]["url"]))
        beside = replace(installation, environment=_bare(installation))
        baseline = ("--redirect-uri", "https://a.example/geri", "--profile", "baseline")
        told = beside.kapi("client", "add", "--name", "A", *baseline, "--json")
        assert json.loads(told)["issuer"] == demo.facts["issuer"]
        conformance = ("--redirect-uri", "https://b.example/geri", "--profile", "conformance", "--json")
        assert json.loads(beside.kapi("client", "add", "--name", "B", *conformance))["issuer"] == demo.facts["issuer"]
        second = installation.start("demo", "--port", str(three_free_ports()))
        said, _ = second.communicate(timeout=START_TIMEOUT_S)
        assert second.returncode == 1
        assert f"Another demo is using {installation.data_dir}, at http://localhost:{port}." in said
        # As a terminal does: to every process of the group at once.
        os.killpg(demo.process.pid, signal.SIGINT)
        assert demo.process.wait(STOP_TIMEOUT_S) == 0
        demo.wait_until_gone()

    def test_starts_a_killed_gateway_again_which_knows_who_was_signed_in(self, installation: Installation) -> None:
        demo = RunningDemo(installation)
        citizen = build_opener(HTTPCookieProcessor())
        sign_in(citizen, demo)
        before = demo.children()
        for pid in demo.main_processes().values():
            os.kill(pid, signal.SIGKILL)
        # The killed gateway's own processes die with it, and may answer until then.
        wait_for(lambda: len(now := demo.main_processes()) == 2 and before.keys().isdisjoint(now.values()))
        wait_for(lambda: health(demo.port).get("status") == "ok")
        with citizen.open(f"{demo.facts['gateway']}/hesabim/oturumlar/", timeout=60) as page:
            assert page.url.endswith("/hesabim/oturumlar/")
            assert demo.facts["people"][0]["name"].split()[0] in page.read().decode()
        demo.process.send_signal(signal.SIGTERM)
        assert demo.process.wait(STOP_TIMEOUT_S) == 0
        assert demo.process.stdout is not None
        said = demo.process.stdout.read()
        assert "The gateway was killed (SIGKILL). Starting it again" in said
        assert "The worker was killed (SIGKILL). Starting it again" in said
        demo.wait_until_gone()

    @pytest.mark.proof
    def test_stops_everything_when_a_part_dies_again_and_again(self, installation: Installation) -> None:
        demo = RunningDemo(installation)
        while demo.process.poll() is None:
            with suppress(KeyError, ProcessLookupError):
                os.kill(demo.main_processes()["work"], signal.SIGKILL)
            time.sleep(0.1)
        assert demo.process.returncode == 1
        assert demo.process.stdout is not None
        assert "The worker was killed (SIGKILL). It did so 4 times within a minute." in demo.process.stdout.read()
        demo.wait_until_gone()

    @pytest.mark.proof
    def test_takes_its_children_along_when_it_is_killed(self, installation: Installation) -> None:
        demo = RunningDemo(installation)
        demo.process.kill()
        demo.wait_until_gone()

    def test_names_the_remedy_when_its_folder_cannot_be_written(self, installation: Installation) -> None:
        installation.data_dir.write_text("not a folder")
        refused = installation.start("demo", "--port", str(three_free_ports()))
        output, _ = refused.communicate(timeout=START_TIMEOUT_S)
        assert refused.returncode == 1
        assert f"Nothing can be written into {installation.data_dir} (File exists)" in output
        assert "KAPI_DATA_DIR=" in output

    def test_names_the_remedy_when_a_port_is_busy(self, installation: Installation) -> None:
        port = three_free_ports()
        holder = subprocess.Popen(
            [sys.executable, "-c", f"{_HOLD}", str(port + 2)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        with holder:
            assert holder.stdout is not None
            holder.stdout.readline()
            refused = installation.start("demo", "--port", str(port))
            output, _ = refused.communicate(timeout=START_TIMEOUT_S)
            holder.kill()
        assert refused.returncode == 1
        assert re.search(rf"Port {port + 2} is in use.*make demo PORT=\d+", output, re.DOTALL)
        assert not installation.data_dir.exists()


_HOLD = """import socket, sys
taken = socket.socket()
taken.bind(('127.0.0.1', int(sys.argv[1])))
taken.listen()
print('ready', flush=True)
sys.stdin.read()"""
