"""`/saglik` says which part is ill, and nothing else."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from kapi.contexts.openid.models import SigningKey
from kapi.contexts.openid.services.keys import ensure_keys
from kapi.foundation.jobs import services as jobs
from kapi.kernel.actors import system
from kapi.sites.portal import remembered


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

    def test_opens_the_stored_keys_with_the_secret_there_is(self, client: Client, settings: Settings) -> None:
        show_life(1)
        ensure_keys(actor=system("test"), now=timezone.now())
        assert client.get("/saglik").json()["keys"] == "ok"
        former, settings.SECRET_KEY = settings.SECRET_KEY, "another secret than the one that sealed the keys"
        remembered.forget_all()
        answer = client.get("/saglik")
        assert (answer.status_code, answer.json()["keys"]) == (503, "broken")
        assert set(answer.json()) == {"status", "database", "worker", "disk", "keys"}
        settings.SECRET_KEY_FALLBACKS = [former]
        remembered.forget_all()
        assert client.get("/saglik").json()["keys"] == "ok"

    @pytest.mark.parametrize("state", ["active", "next"])
    @pytest.mark.parametrize("damage", ["sealed", "swapped"])
    def test_tells_that_a_stored_key_is_not_what_it_says(self, client: Client, state: str, damage: str) -> None:
        show_life(1)
        ensure_keys(actor=system("test"), now=timezone.now())
        row = SigningKey.objects.get(state=state)
        if damage == "sealed":
            row.private = bytes(row.private)[:-1] + bytes([bytes(row.private)[-1] ^ 1])
        else:
            row.public = SigningKey.objects.exclude(pk=row.pk).get().public
        row.save()
        answer = client.get("/saglik")
        assert (answer.status_code, answer.json()["keys"]) == (503, "broken")
        assert row.kid not in answer.content.decode()

    def test_asks_the_keys_every_few_seconds_only(
        self, client: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        show_life(1)
        ensure_keys(actor=system("test"), now=timezone.now())
        with django_assert_num_queries(2):
            client.get("/saglik")
        with django_assert_num_queries(1):
            client.get("/saglik")

    def test_takes_no_form(self, client: Client) -> None:
        assert client.post("/saglik").status_code == 405
