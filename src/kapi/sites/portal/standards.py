"""The service-standards table of an institution (regulation 2009/15169, article 6), to read and to download."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kapi.contexts.catalogue import selectors as catalogue
from kapi.contexts.catalogue.values import StandardsRow
from kapi.contexts.institutions import selectors as institutions_of
from kapi.kernel.langstring import LocalText
from kapi.sites.portal import words
from kapi.sites.ui.paging import NoSuchPage, Paging, page_asked_for
from kapi.sites.ui.public import public_page
from kapi.sites.ui.sheets import csv_file

PAGE_SIZE: Final = 50


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
        return csv_file(_cells(code, language), name=f"{code}-hizmet-standartlari.csv")
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


def _cells(code: str, language: str) -> Iterator[Iterable[str]]:
    """Give the whole table while it is read: it may have ten thousand rows."""
    yield _("Code"), _("Service"), _("Documents"), _("Completed in"), _("Complaints to")
    for row in map(_row, catalogue.all_standards_of(institution_code=code, language=language)):
        yield row.code, row.name, " | ".join(row.documents), row.time, row.complaints
