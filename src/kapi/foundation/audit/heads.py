"""Exported heads of the chain: a file of JSON lines `{position, hash, at}`, appended to with every batch of seals."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True)
class Head:
    """What the hash at a place of the chain was when it was exported."""

    position: int
    hash: str


def append_head(file: Path, head: Head, now: datetime) -> None:
    """Add a line."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as heads:
        heads.write(json.dumps({"position": head.position, "hash": head.hash, "at": now.isoformat()}) + "\n")


def read_heads(file: Path | None, first: int, last: int | None) -> Iterator[Head]:
    """Read the heads of the places `first` to `last` (None: to the end), one after the other.

    From 1 to the end the lines may stand in any order, as when files of several machines were put together. A range is
    found by halving and needs them in order, as they are written. A line that was torn by a crash is passed over.
    """
    if file is None or not file.exists():
        return
    with file.open("rb") as lines:
        if first > 1:
            _go_to(lines, first)
        for line in lines:
            head = _parse(line)
            if head is None or head.position < first:
                continue
            if last is not None and head.position > last:
                return
            yield head


def _go_to(lines: BinaryIO, first: int) -> None:
    """Stand at the beginning of a line at or before the first head of a place not below `first`."""
    low, high = 0, lines.seek(0, os.SEEK_END)
    while high - low > 4096:
        middle = (low + high) // 2
        lines.seek(middle)
        lines.readline()
        head = _parse(lines.readline())
        if head is None or head.position >= first:
            high = middle
        else:
            low = middle
    lines.seek(low)
    if low:
        lines.readline()


def _parse(line: bytes) -> Head | None:
    try:
        found = json.loads(line)
        return Head(int(found["position"]), str(found["hash"]))
    except (ValueError, KeyError, TypeError):
        return None
