"""Much is done in small steps, and gives way."""

import time

import pytest

from kapi.foundation import batches


class Heap:
    """So many things to do; remembers in which steps they were done."""

    def __init__(self, things: int) -> None:
        self.things = things
        self.steps: list[int] = []

    def take(self, limit: int) -> int:
        taken = min(limit, self.things)
        self.things -= taken
        self.steps.append(taken)
        return taken


class TestUntilDone:
    @pytest.mark.parametrize(
        ("things", "steps"), [(0, [0]), (3, [3]), (10, [10, 0]), (25, [10, 10, 5]), (99, [10, 10, 10, 5])]
    )
    def test_goes_on_while_steps_are_full_and_stops_at_the_most(self, things: int, steps: list[int]) -> None:
        heap = Heap(things)
        assert batches.until_done(heap.take, batch=10, most=35) == min(things, 35)
        assert heap.steps == steps

    def test_begins_no_step_after_its_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = iter([0.0, 0.0, 15.0, 21.0])
        monkeypatch.setattr(time, "monotonic", lambda: next(clock))
        heap = Heap(1000)
        assert batches.until_done(heap.take, batch=10, most=1000) == 20
