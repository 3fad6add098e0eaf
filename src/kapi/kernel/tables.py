"""Tables that people hand in as CSV files: reading them, and saying what is wrong with them."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from kapi.kernel.errors import DomainError


@dataclass(frozen=True, order=True)
class RowFault:
    """Something wrong in a file. The header is row 1; an empty `column` stands for the whole row."""

    row: int
    column: str
    problem: str
    remedy: str


@dataclass(frozen=True)
class Loaded:
    """What a load did: how many things were new, changed, or the same as before."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


class FileRefused(DomainError):
    """A file cannot be taken; `faults` lists everything wrong with it in the order of its rows."""

    code = "file_refused"

    def __init__(self, faults: Sequence[RowFault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__(f"{len(self.faults)} faults")


@dataclass(frozen=True)
class Row:
    """A row with its number and its cells by column, without blanks around them."""

    number: int
    cells: dict[str, str]

    def items(self, column: str) -> list[str]:
        """Return the items of a cell that holds a list, parted by `|`; empty ones are kept unless all are."""
        items = [item.strip() for item in self.cells[column].split("|")]
        return items if any(items) else []

    def fault(self, column: str, problem: str, remedy: str) -> RowFault:
        """Name something wrong in this row."""
        return RowFault(self.number, column, problem, remedy)


def read_csv(data: bytes, *, columns: Sequence[str], optional: Sequence[str] = ()) -> list[Row]:
    """Read a CSV file: UTF-8 (a byte order mark is left out), comma, quoted; row 1 names the columns, in any order.

    Rows without any text are left out. Columns that are `optional` may be missing; their cells are empty then.

    :raises FileRefused: if it is not such a file, a column is missing or unknown, or rows have too few or many cells.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        row = data.count(b"\n", 0, wrong.start) + 1
        raise FileRefused([RowFault(row, "", "not UTF-8", "save the file as UTF-8")]) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    faults: list[RowFault] = []
    number = 0
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header, columns, optional)
        absent = {name: "" for name in optional if name not in header}
        number = 1
        for number, cells in enumerate(reader, 2):
            if len(cells) == len(header):
                rows.append(Row(number, dict(zip(header, map(str.strip, cells), strict=True)) | absent))
            elif any(cells):
                faults.append(
                    RowFault(number, "", f"{len(cells)} cells instead of {len(header)}", "quote cells with commas")
                )
    except csv.Error as wrong:
        faults.append(RowFault(number + 1, "", f"not CSV: {wrong}", "quote cells as CSV asks for"))
    if faults:
        raise FileRefused(faults)
    return [row for row in rows if any(row.cells.values())]


def _check_header(header: Sequence[str], columns: Sequence[str], optional: Sequence[str]) -> None:
    known = ", ".join(columns)
    missing = [name for name in columns if name not in header and name not in optional]
    faults = [RowFault(1, name, "column is missing", "name it in row 1") for name in missing]
    faults += [RowFault(1, name, "unknown column", f"known are: {known}") for name in header if name not in columns]
    faults += [RowFault(1, name, "column twice", "name it once") for name in {n for n in header if header.count(n) > 1}]
    if faults:
        raise FileRefused(faults)
