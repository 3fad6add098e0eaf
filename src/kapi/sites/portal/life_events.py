"""Life events: what to do, in which order, when something changes in a person's life."""

from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from kapi.contexts.catalogue import selectors as catalogue
from kapi.sites.portal import shelves
from kapi.sites.ui.paging import NoSuchPage, Paging, page_asked_for
from kapi.sites.ui.public import public_page

SERVICES_SHOWN: Final = 25


@require_safe
@public_page
def life_events(request: HttpRequest) -> HttpResponse:
    """List all life events."""
    values = {"life_events": shelves.life_events(language=get_language() or "")}
    return render(request, "portal/life_events.html", values)


@require_safe
@public_page
def life_event(request: HttpRequest, code: str) -> HttpResponse:
    """Show the steps and services of one life event."""
    try:
        start = (page_asked_for(request) - 1) * SERVICES_SHOWN
        event = catalogue.find_life_event(code=code, language=get_language() or "", start=start, limit=SERVICES_SHOWN)
        if event is None:
            raise Http404
        paging = Paging.of(request, total=event.total, size=SERVICES_SHOWN)
    except NoSuchPage as missing:
        raise Http404 from missing
    return render(request, "portal/life_event.html", {"event": event, "paging": paging})
