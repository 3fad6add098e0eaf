"""The service-standards table of an institution (regulation 2009/15169, article 6), to read and to download."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kapi.contexts.catalogue import selectors as catalogue
from kapi.contexts.institutions import selectors as institutions_of
from kapi.kernel.langstring import LocalText
from kapi.sites.portal import words
from kapi.sites.ui.public import public_page

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


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
def standards(request: HttpRequest, code: str) -> HttpResponse:
    """Show the table; `format=csv` gives it as a file."""
    language = get_language() or ""
    institution = institutions_of.find_institution(code, language=language)
    wanted = request.GET.get("format", "")
    if institution is None or wanted not in ("", "csv"):
        raise Http404
    rows = [
        Row(
            row.code,
            row.name,
            row.documents,
            words.duration(row.completion_time) if row.completion_time else "",
            row.complaint_authority,
        )
        for row in catalogue.standards_of(institution_code=code, language=language)
    ]
    if wanted == "csv":
        return _as_csv(code, rows)
    return render(request, "portal/standards.html", {"institution": institution, "rows": rows})


def _as_csv(code: str, rows: Iterable[Row]) -> HttpResponse:
    file = io.StringIO()
    table = csv.writer(file, lineterminator="\r\n")
    table.writerow([_("Code"), _("Service"), _("Documents"), _("Completed in"), _("Complaints to")])
    for row in rows:
        cells = [row.code, row.name, " | ".join(row.documents), row.time, row.complaints]
        table.writerow([_harmless(cell) for cell in cells])
    # With the mark in front spreadsheet programs read the letters ğ, ı, ş as what they are.
    response = HttpResponse("\ufeff" + file.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{code}-hizmet-standartlari.csv"'
    return response


def _harmless(cell: str) -> str:
    """Keep a spreadsheet from reading a text as a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else str(cell)
