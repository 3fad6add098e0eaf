"""`/saglik` says which part is ill, and nothing else."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from kapi.foundation.jobs import services as jobs


def show_life(seconds_ago: int) -> None:
    seen_at = timezone.now() - timedelta(seconds=seconds_ago)
    jobs.show_life(worker="a", started_at=seen_at, now=seen_at)


@pytest.mark.django_db
class TestHealth:
    @pytest.fixture(autouse=True)
    def _data_folder(self, settings: Settings, tmp_path: Path) -> None:
        settings.DATA_DIR = tmp_path

    def test_is_ok_when_every_part_is(self, client: Client) -> None:
        show_life(1)
        answer = client.get("/saglik")
        assert answer.status_code == 200
        assert answer.json() == {"status": "ok", "database": "ok", "worker": "ok", "disk": "ok", "keys": "ok"}
        assert "no-store" in answer.headers["Cache-Control"]

    @pytest.mark.parametrize("seconds_ago", [None, 31])
    def test_tells_that_no_worker_lives(self, client: Client, seconds_ago: int | None) -> None:
        if seconds_ago is not None:
            show_life(seconds_ago)
        answer = client.get("/saglik")
        assert answer.status_code == 503
        assert (answer.json()["status"], answer.json()["worker"]) == ("failing", "silent")

    def test_tells_that_the_data_folder_is_gone(self, client: Client, settings: Settings, tmp_path: Path) -> None:
        show_life(1)
        settings.DATA_DIR = tmp_path / "gone"
        answer = client.get("/saglik")
        assert (answer.status_code, answer.json()["disk"]) == (503, "unreachable")

    def test_takes_no_form(self, client: Client) -> None:
        assert client.post("/saglik").status_code == 405
