"""Services by category."""

from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from kapi.contexts.catalogue import selectors as catalogue
from kapi.sites.portal import shelves
from kapi.sites.ui.paging import NoSuchPage, Paging, page_asked_for
from kapi.sites.ui.public import public_page

PAGE_SIZE: Final = 25


@require_safe
@public_page
def categories(request: HttpRequest) -> HttpResponse:
    """List all subjects."""
    values = {"categories": shelves.categories(language=get_language() or "")}
    return render(request, "portal/categories.html", values)


@require_safe
@public_page
def category(request: HttpRequest, code: str) -> HttpResponse:
    """List the services of one subject by title."""
    try:
        start = (page_asked_for(request) - 1) * PAGE_SIZE
        found = catalogue.services_in_category(code=code, language=get_language() or "", start=start, limit=PAGE_SIZE)
        if found is None:
            raise Http404
        link, listing = found
        paging = Paging.of(request, total=listing.total, size=PAGE_SIZE)
    except NoSuchPage as missing:
        raise Http404 from missing
    return render(request, "portal/category.html", {"category": link, "services": listing.lines, "paging": paging})
