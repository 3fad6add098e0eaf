"""What the programs that people start first say of themselves."""

import pytest
import typer
from typer.testing import CliRunner

from kapi.commands import demo, main


def help_of(app: typer.Typer, noun: str) -> str:
    shown = CliRunner().invoke(app, [noun, "--help"], env={"COLUMNS": "160"})
    assert shown.exit_code == 0
    return shown.output


class TestHelp:
    @pytest.mark.parametrize(
        "said", ["--port", "the institutions take the next two", "KAPI_DATA_DIR", "KAPI_DATABASE_URL", "KAPI_LOG_LEVEL"]
    )
    def test_demo_says_which_ports_and_variables(self, said: str) -> None:
        assert said in help_of(demo.app, "demo")

    @pytest.mark.parametrize(
        "said", ["KAPI_LISTEN_HOST", "KAPI_LISTEN_PORT", "KAPI_PROCESSES", "KAPI_THREADS", "docs/guides/operator.md"]
    )
    def test_serve_says_which_ports_and_variables(self, said: str) -> None:
        assert said in help_of(main.app, "serve")
