"""The service-standards table of an institution (regulation 2009/15169, article 6), to read and to download."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kapi.contexts.catalogue import selectors as catalogue
from kapi.contexts.catalogue.values import StandardsRow
from kapi.contexts.institutions import selectors as institutions_of
from kapi.kernel.langstring import LocalText
from kapi.sites.portal import words
from kapi.sites.ui.paging import NoSuchPage, Paging, page_asked_for
from kapi.sites.ui.public import public_page

PAGE_SIZE: Final = 50
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Row:
    """A service as the table shows it; empty where the institution has not stated it."""

    code: str
    name: LocalText
    documents: tuple[LocalText, ...]
    time: str
    complaints: LocalText


@require_safe
@public_page
def standards(request: HttpRequest, code: str) -> HttpResponseBase:
    """Show the table; `format=csv` gives it as a file."""
    language = get_language() or ""
    institution = institutions_of.find_institution(code, language=language)
    wanted = request.GET.get("format", "")
    if institution is None or wanted not in ("", "csv"):
        raise Http404
    if wanted == "csv":
        return _as_csv(code, language)
    try:
        start = (page_asked_for(request) - 1) * PAGE_SIZE
        table = catalogue.standards_of(institution_code=code, language=language, start=start, limit=PAGE_SIZE)
        paging = Paging.of(request, total=table.total, size=PAGE_SIZE)
    except NoSuchPage as missing:
        raise Http404 from missing
    values = {"institution": institution, "rows": [_row(row) for row in table.rows], "paging": paging}
    return render(request, "portal/standards.html", values)


def _row(row: StandardsRow) -> Row:
    time = words.duration(row.completion_time) if row.completion_time else ""
    return Row(row.code, row.name, row.documents, time, row.complaint_authority)


def _as_csv(code: str, language: str) -> StreamingHttpResponse:
    """Give the whole table while it is read: it may have ten thousand rows."""

    def lines() -> Iterator[str]:
        # The view is over when this runs.
        with override(language):
            # With the mark in front spreadsheet programs read the letters ğ, ı, ş as what they are.
            yield "\ufeff" + _line([_("Code"), _("Service"), _("Documents"), _("Completed in"), _("Complaints to")])
            for row in map(_row, catalogue.all_standards_of(institution_code=code, language=language)):
                yield _line([row.code, row.name, " | ".join(row.documents), row.time, row.complaints])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{code}-hizmet-standartlari.csv"'
    return response


def _line(cells: Iterable[str]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerow(map(_harmless, cells))
    return file.getvalue()


def _harmless(cell: str) -> str:
    """Keep a spreadsheet from reading a text as a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else str(cell)
