"""Settings are read in one place, checked at start, and listed in one table for operators."""

import json
import os
import re
import subprocess
import sys

import pytest

from kapi.config.environment import Environment
from tests.architecture.source import ROOT

GUIDE = ROOT / "docs/guides/operator.md"
# Read by tests and `.ci/services`, not by the gateway; CONTRIBUTING.md tells of them.
OF_TESTS = {"KAPI_CHROMIUM", "KAPI_CI_PG_PORT", "KAPI_CI_REDIS_PORT", "KAPI_CI_AMQP_PORT", "KAPI_STUFFING_PAIRS"}
VARIABLE = re.compile(r"\bKAPI_[A-Z]+(?:_[A-Z]+)*\b")


def run(code: str, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KAPI_")}
    command = [sys.executable, "-c", code]
    environment = kept | {"PYTHONPATH": str(ROOT / "src")} | settings
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def documented() -> dict[str, tuple[str, str]]:
    """Read the table of the guide: variable -> (default, meaning)."""
    rows = re.findall(r"^\| `(KAPI_\w+)` \| (.*?) \| (.+) \|$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: (default, meaning) for name, default, meaning in rows}


def default_of(value: object) -> str:
    """Write a default as the guide does; an empty one leaves its cell empty."""
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return "" if shown in {"", "[]"} else f"`{shown}`"


class TestEnvironment:
    def test_is_documented_in_one_table_in_the_same_words(self) -> None:
        wanted = {
            f"KAPI_{name.upper()}": (default_of(field.default), field.description)
            for name, field in Environment.model_fields.items()
        }
        assert documented() == wanted

    def test_knows_every_variable_that_anything_here_names(self) -> None:
        known = {f"KAPI_{name.upper()}" for name in Environment.model_fields} | OF_TESTS
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
        texts = [ROOT / name for name in listed.stdout.split() if not name.endswith((".png", ".lock", ".json", ".po"))]
        named = {
            name for path in texts if path.is_file() for name in VARIABLE.findall(path.read_text("utf-8", "replace"))
        }
        assert named - known == set()

    @pytest.mark.parametrize(
        ("address", "read"),
        [
            # As libpq reads it: the folder of a Unix socket in place of a host, where no password is asked for.
            ("postgres://kapi@%2Frun%2Fpostgresql/kapi", ["/run/postgresql", "kapi", "", "kapi"]),
            ("postgres://kapi:geheim@db/kapi", ["db", "kapi", "geheim", "kapi"]),
        ],
    )
    def test_names_postgresql_by_its_socket_or_its_host(self, address: str, read: list[str]) -> None:
        lines = "import json\nfrom kapi.config.settings.database import DATABASES\nfound = DATABASES['default']\n"
        lines += "print(json.dumps([found[name] for name in ('HOST', 'USER', 'PASSWORD', 'NAME')]))"
        assert json.loads(run(lines, KAPI_DATABASE_URL=address).stdout) == read

    def test_lets_staff_work_by_password_in_the_demo_only(self) -> None:
        told = run("import kapi.config.environment", KAPI_STAFF_BY_PASSWORD="true")
        assert told.returncode == 1
        assert "KAPI_STAFF_BY_PASSWORD" in told.stderr
        assert "phishing-resistantly" in told.stderr

    def test_lists_all_that_is_wrong_at_once_and_repeats_no_password(self) -> None:
        wrong = run(
            "import kapi.config.environment",
            KAPI_DATABASE_URL="nonsense",
            KAPI_REDIS_URL="http://cache",
            KAPI_BROKER_URL="amqp://kapi:geheim@host:notaport//",
            KAPI_LOG_LEVEL="LOUD",
        )
        assert wrong.returncode == 1
        assert all(f"KAPI_{name}:" in wrong.stderr for name in ("DATABASE_URL", "REDIS_URL", "BROKER_URL", "LOG_LEVEL"))
        assert "postgres://user:password@host/name" in wrong.stderr
        assert "geheim" not in wrong.stderr

    @pytest.mark.parametrize(
        ("header", "proxies", "said"),
        [
            ("X-Client-Certificate", "", "belong together"),
            ("", "10.0.0.1", "belong together"),
            ("X-Client-Certificate", "proxy.example", "does not appear to be"),
            ("X Client", "10.0.0.1", "name of a header"),
            ("X-Client-Certificate", "10.0.0.1,10.1.0.0/16", ""),
            ("", "", ""),
        ],
    )
    def test_believes_certificates_from_named_proxies_alone(self, header: str, proxies: str, said: str) -> None:
        started = run(
            "import kapi.config.environment",
            KAPI_CLIENT_CERTIFICATE_HEADER=header,
            KAPI_CLIENT_CERTIFICATE_PROXIES=proxies,
        )
        assert (started.returncode == 0) is (said == "")
        assert said in started.stderr

    @pytest.mark.parametrize("variable", ["CLIENT_CERTIFICATE_VERDICT", "MTLS_URL"])
    def test_looks_at_no_certificate_without_a_proxy_to_believe(self, variable: str) -> None:
        value = {"CLIENT_CERTIFICATE_VERDICT": "X-Verdict", "MTLS_URL": "https://mtls.kapi.example"}[variable]
        alone = run("import kapi.config.environment", **{f"KAPI_{variable}": value})
        assert (alone.returncode, "KAPI_CLIENT_CERTIFICATE_PROXIES as well" in alone.stderr) == (1, True)
        beside = {"KAPI_CLIENT_CERTIFICATE_HEADER": "X-Certificate", "KAPI_CLIENT_CERTIFICATE_PROXIES": "10.0.0.1"}
        assert run("import kapi.config.environment", **beside, **{f"KAPI_{variable}": value}).returncode == 0

    @pytest.mark.parametrize(
        ("domain", "said"),
        [("", "common parent domain"), ("giris.kapi.example", "kapi.example is not below it"), ("kapi.example", "")],
    )
    def test_asks_for_the_common_parent_of_host_names(self, domain: str, said: str) -> None:
        started = run(
            "import kapi.config.environment",
            KAPI_GATEWAY_URL="https://kapi.example",
            KAPI_LOGIN_URL="https://giris.kapi.example",
            KAPI_COOKIE_DOMAIN=domain,
        )
        assert (started.returncode == 0) is (said == "")
        assert said in started.stderr


class TestLogLevel:
    @pytest.mark.parametrize(("level", "seen"), [("ERROR", 1), ("WARNING", 3)])
    def test_holds_for_the_loggers_of_django_as_well(self, level: str, seen: int) -> None:
        speak = (
            "import kapi.commands.main, logging\n"
            "logging.getLogger('django.request').warning('heard')\n"
            "logging.getLogger('kapi.jobs').warning('heard')\n"
            "logging.getLogger('django.request').error('heard')\n"
            "logging.getLogger('django').info('heard')"
        )
        said = run(speak, KAPI_LOG_LEVEL=level)
        assert said.returncode == 0
        assert said.stderr.count("heard") == seen
