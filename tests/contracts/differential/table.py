"""The table of docs/differential.md: where our verdict is another than the peer's, and the clause that explains it."""

import re
from dataclasses import dataclass

from tests.architecture.source import ROOT

DOCUMENT = ROOT / "docs/differential.md"
_ROW = re.compile(
    r"^\| \d+ \| (?P<clause>[^|]+) \| (?P<why>[^|]+) \| (?P<kinds>[^|]+) \| (?P<requests>[^|]+) \|$", re.MULTILINE
)


@dataclass(frozen=True)
class Explained:
    """A row: a clause, why it matters here, in which ways ours differs, and the requests."""

    clause: str
    why: str
    kinds: frozenset[str]
    requests: tuple[str, ...]


def explained() -> list[Explained]:
    """Return the rows."""
    return [
        Explained(
            row["clause"].strip(),
            row["why"].strip(),
            frozenset(row["kinds"].strip().split(", ")),
            tuple(re.findall(r"`([^`]+)`", row["requests"])),
        )
        for row in _ROW.finditer(DOCUMENT.read_text(encoding="utf-8"))
    ]
