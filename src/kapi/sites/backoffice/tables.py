"""Tables that sort and filter by links and forms alone."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from django.http import HttpRequest

Row = TypeVar("Row")

BY: Final = "sirala"


@dataclass(frozen=True)
class Column:
    """A column: its heading, and by what rows sort there."""

    text: str
    key: Callable[[Any], Any]


@dataclass(frozen=True)
class Head:
    """A heading with the link that sorts by it; `sorted` is what `aria-sort` says, or empty."""

    text: str
    href: str
    sorted: str


def sort(
    request: HttpRequest, rows: Iterable[Row], columns: Mapping[str, Column], *, keep: Iterable[str] = ()
) -> tuple[list[Row], list[Head]]:
    """Sort rows as the address asks (`?sirala=<column>`, `-` before it: downwards); the first column's way if it
    asks for nothing we know. `keep` names the filters that the links take along.
    """
    asked = request.GET.get(BY, "")
    down, name = asked.startswith("-"), asked.removeprefix("-")
    if name not in columns:
        name, down = next(iter(columns)), False
    kept = {field: value for field in keep if (value := request.GET.get(field, ""))}
    heads = [_head(key, column, kept, is_sorted=key == name, down=down) for key, column in columns.items()]
    return sorted(rows, key=columns[name].key, reverse=down), heads


def _head(key: str, column: Column, kept: dict[str, str], *, is_sorted: bool, down: bool) -> Head:
    turned = "-" if is_sorted and not down else ""
    state = ("descending" if down else "ascending") if is_sorted else ""
    return Head(column.text, "?" + urlencode({**kept, BY: turned + key}), state)
