"""The home page: search first, then what is happening in people's lives, then subjects."""

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from kapi.sites.portal import shelves
from kapi.sites.ui.public import public_page

LIFE_EVENTS_SHOWN: Final = 9


@require_safe
@public_page
def home(request: HttpRequest) -> HttpResponse:
    """Show where to begin."""
    language = get_language() or ""
    values = {
        "most_used": shelves.most_used(language=language),
        "life_events": shelves.life_events(language=language)[:LIFE_EVENTS_SHOWN],
        "categories": shelves.categories(language=language),
    }
    return render(request, "portal/home.html", values)
