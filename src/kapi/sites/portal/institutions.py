"""Institutions: all of them by letter and by name, and one with its services."""

from typing import Final
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kapi.contexts.catalogue import selectors as catalogue
from kapi.contexts.institutions import selectors as institutions_of
from kapi.contexts.institutions.values import InstitutionLine, InstitutionView
from kapi.kernel import turkish
from kapi.sites.portal import shelves
from kapi.sites.portal.facts import Fact
from kapi.sites.portal.samples import is_sample
from kapi.sites.portal.search import LONGEST_QUERY, clean, too_long
from kapi.sites.ui.links import page_url
from kapi.sites.ui.paging import NoSuchPage, Paging, page_asked_for
from kapi.sites.ui.public import public_page

PAGE_SIZE: Final = 50
SERVICES_SHOWN: Final = 25
UNITS_SHOWN: Final = 30
MOST_FOUND: Final = 200


@require_safe
@public_page
def institutions(request: HttpRequest) -> HttpResponse:
    """List institutions by the Turkish alphabet, by first letter (`harf`), or those a search (`q`) finds."""
    language = get_language() or ""
    query = clean(request.GET.get("q", ""))
    letter = "" if query else request.GET.get("harf", "")
    everybody = shelves.top_institutions(language=language)
    letters = list(dict.fromkeys(first_letter(line.name) for line in everybody))
    if letter and letter not in letters:
        raise Http404
    is_too_long = len(query) > LONGEST_QUERY
    found = () if is_too_long else _found(everybody, query, letter, language)
    try:
        paging = Paging.of(request, total=len(found), size=PAGE_SIZE, keep=("q", "harf"))
    except NoSuchPage as missing:
        raise Http404 from missing
    start = (paging.page - 1) * PAGE_SIZE
    values = {
        "institutions": found[start : start + PAGE_SIZE],
        "letters": letters,
        "letter": letter,
        "query": query[:LONGEST_QUERY],
        "mistakes": [too_long()] if is_too_long else [],
        "paging": paging,
    }
    return render(request, "portal/institutions.html", values, status=400 if is_too_long else 200)


@require_safe
@public_page
def institution(request: HttpRequest, code: str) -> HttpResponse:
    """Show an institution, the services of it and of everything below it, and what stands directly below it."""
    language = get_language() or ""
    view = institutions_of.find_institution(code, language=language)
    if view is None:
        raise Http404
    try:
        start = (page_asked_for(request) - 1) * SERVICES_SHOWN
        listing = catalogue.services_of_institution(code=code, language=language, start=start, limit=SERVICES_SHOWN)
        paging = Paging.of(request, total=listing.total, size=SERVICES_SHOWN)
    except NoSuchPage as missing:
        raise Http404 from missing
    units = institutions_of.children_of(code, language=language, limit=UNITS_SHOWN)
    values = {
        "institution": view,
        "above": [
            {"text": line.name, "href": page_url("portal", "institution", code=line.code)} for line in view.ancestors
        ],
        "facts": _facts(view),
        "services": listing.lines,
        "several": any(line.institution.code != code for line in listing.lines),
        "paging": paging,
        "units": units.lines,
        "more_units": units.total - len(units.lines),
    }
    return render(request, "portal/institution.html", values)


def _found(
    everybody: tuple[InstitutionLine, ...], query: str, letter: str, language: str
) -> tuple[InstitutionLine, ...]:
    if query:
        return tuple(institutions_of.search_institutions(query=query, limit=MOST_FOUND, language=language))
    return tuple(line for line in everybody if not letter or first_letter(line.name) == letter)


def first_letter(name: str) -> str:
    """Return the letter under which a name stands in a Turkish list."""
    return turkish.upper(name[:1])


def _facts(view: InstitutionView) -> list[Fact]:
    """Say how to reach the institution; what nobody stated is left out."""

    def _website(url: str) -> Fact:
        return Fact(_("Website"), urlsplit(url).hostname or url, url, is_sample=is_sample(url))

    return [
        *([_website(view.url)] if view.url else []),
        *([Fact.phone(_("Telephone"), view.phone)] if view.phone else []),
        *([Fact(_("Address"), view.address, language="tr")] if view.address else []),
        Fact(_("Institution code"), view.code),
    ]
