"""Commands typed beside a demo act on that demo."""

import stat
from pathlib import Path

import pytest

from kapi.commands.beside_demo import leave_settings, take_settings


class TestTakeSettings:
    def test_takes_what_the_demo_left_in_its_folder_and_nothing_else_of_its(self, tmp_path: Path) -> None:
        left = {"KAPI_DATA_DIR": str(tmp_path), "KAPI_DEMO": "true", "KAPI_GATEWAY_URL": "http://localhost:8123"}
        leave_settings(left | {"PATH": "/of/the/demo"})
        environment = {"KAPI_DATA_DIR": str(tmp_path), "PATH": "/own"}
        take_settings(environment)
        assert environment == left | {"PATH": "/own"}

    @pytest.mark.parametrize("name", ["KAPI_GATEWAY_URL", "KAPI_DATABASE_URL", "KAPI_SECRET_KEY", "KAPI_DEMO"])
    def test_leaves_alone_who_chose_a_gateway_of_their_own(self, tmp_path: Path, name: str) -> None:
        leave_settings({"KAPI_DATA_DIR": str(tmp_path), "KAPI_DEMO": "true", "KAPI_GATEWAY_URL": "http://localhost:1"})
        own = {"KAPI_DATA_DIR": str(tmp_path), name: "x"}
        environment = dict(own)
        take_settings(environment)
        assert environment == own

    @pytest.mark.parametrize("content", [None, "", "{"])
    def test_passes_over_a_folder_without_a_demo(self, tmp_path: Path, content: str | None) -> None:
        if content is not None:
            (tmp_path / "demo-settings.json").write_text(content)
        environment = {"KAPI_DATA_DIR": str(tmp_path)}
        take_settings(environment)
        assert environment == {"KAPI_DATA_DIR": str(tmp_path)}


class TestLeaveSettings:
    def test_lets_nobody_else_read_them(self, tmp_path: Path) -> None:
        leave_settings({"KAPI_DATA_DIR": str(tmp_path)})
        assert stat.S_IMODE((tmp_path / "demo-settings.json").stat().st_mode) == 0o600
