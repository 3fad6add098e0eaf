"""Help and the accessibility statement."""

from datetime import date
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from kapi.sites.ui.links import origin_of
from kapi.sites.ui.public import public_page

# The day on which somebody last read the statement against the pages and the checks that it names.
REVIEWED_ON: Final = date(2026, 11, 22)
IDLE_MINUTES: Final = 15


@require_safe
@public_page
def help_page(request: HttpRequest) -> HttpResponse:
    """Say how to find a service, sign in, and see what was shared."""
    values = {"idle_minutes": IDLE_MINUTES, "login_origin": origin_of("login")}
    return render(request, "portal/help.html", values)


@require_safe
@public_page
def accessibility(request: HttpRequest) -> HttpResponse:
    """Say how accessible the site is, how we know, and what is missing."""
    values = {"operator": settings.OPERATOR_NAME, "reviewed_on": REVIEWED_ON}
    return render(request, "portal/accessibility.html", values)
