"""What a benchmark gives: figures, each with the peer it is compared with."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured value. `ratio` is value / peer_value; all three of the peer are None where there is none."""

    name: str
    value: float
    unit: str
    peer: str | None = None
    peer_value: float | None = None
    ratio: float | None = None
    note: str = ""


def compared(name: str, value: float, unit: str, *, peer: str, peer_value: float, note: str) -> Figure:
    """Make a figure beside its peer."""
    ratio = round(value / peer_value, 3) if peer_value else None
    return Figure(name, round(value, 1), unit, peer, round(peer_value, 1), ratio, note)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
