"""One line of a benchmark's result."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Row:
    """What was measured; beside it a peer measured the same way, where there is one.

    `ratio` is ours over the peer's.
    """

    name: str
    value: float
    unit: str
    peer: str | None = None
    peer_value: float | None = None
    ratio: float | None = None
    note: str = ""

    def as_dict(self) -> dict[str, str | float | None]:
        """Return the row as it is written to JSON."""
        return asdict(self)


def against(name: str, value: float, unit: str, *, peer: str, peer_value: float, note: str = "") -> Row:
    """Return a row with its ratio to a peer (none where the peer has nothing)."""
    ratio = round(value / peer_value, 3) if peer_value else None
    return Row(name, round(value, 4), unit, peer, round(peer_value, 4), ratio, note)
