"""Tables as files for spreadsheet programs."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Final

from django.http import StreamingHttpResponse
from django.utils.translation import get_language, override

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def csv_file(rows: Iterator[Iterable[str]], *, name: str) -> StreamingHttpResponse:
    """Give rows as a CSV file (UTF-8, comma) called `name`, sent while they are read, in the language of now."""
    language = get_language()

    def lines() -> Iterator[str]:
        # The view is over when this runs.
        with override(language):
            # With the mark in front spreadsheet programs read the letters ğ, ı, ş as what they are.
            yield "\ufeff"
            yield from map(_line, rows)

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _line(cells: Iterable[str]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerow(map(_harmless, cells))
    return file.getvalue()


def _harmless(cell: str) -> str:
    """Keep a spreadsheet from reading a text as a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else str(cell)
