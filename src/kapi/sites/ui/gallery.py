"""A page with every component, for looking at them in every language, colour scheme and size. Demo mode only."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render


def gallery(request: HttpRequest) -> HttpResponse:
    """Show every component that pages may use."""
    if not settings.DEMO:
        raise Http404
    return render(request, "ui/gallery.html")
