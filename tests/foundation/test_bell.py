"""The bell rings after the commit, once for many wishes, and never stands in the way."""

import threading
import time

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings

from kapi.foundation import bell

rung: list[str] = []
is_broken = threading.Event()


def ring(job: str) -> None:
    rung.append(job)
    if is_broken.is_set():
        raise ConnectionError


@pytest.fixture
def _own_bell(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """A bell whose thread begins in this test."""
    rung.clear()
    is_broken.clear()
    settings.BELL = f"{__name__}.ring"
    monkeypatch.setattr(bell, "_bell", bell._Bell())


def wait_for_rings(count: int) -> None:
    end = time.monotonic() + 30
    while len(rung) < count and time.monotonic() < end:
        time.sleep(0.01)
    assert len(rung) == count


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_own_bell")
class TestRingAfterCommit:
    def test_rings_once_for_many_wishes_after_the_commit(self) -> None:
        with transaction.atomic():
            for _ in range(100):
                bell.ring_after_commit("a.job")
            time.sleep(0.05)
            assert rung == []
        wait_for_rings(1)
        bell.ring_after_commit("a.job")
        wait_for_rings(2)

    def test_does_not_ring_for_what_was_rolled_back(self) -> None:
        with transaction.atomic():
            bell.ring_after_commit("a.job")
            transaction.set_rollback(True)
        time.sleep(0.05)
        assert rung == []

    def test_leaves_a_broken_bell_alone_without_raising(self, caplog: pytest.LogCaptureFixture) -> None:
        is_broken.set()
        bell.ring_after_commit("a.job")
        wait_for_rings(1)
        bell.ring_after_commit("a.job")
        time.sleep(0.1)
        assert rung == ["a.job"]
        assert "workers look for themselves" in caplog.text

    def test_does_nothing_without_a_broker(self, settings: Settings) -> None:
        settings.BELL = ""
        bell.ring_after_commit("a.job")
        time.sleep(0.05)
        assert rung == []
