"""Error pages of all sites."""

from django.http import HttpRequest, HttpResponse


def csrf_failure(_request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form was not sent from our page, and what to do."""
    return HttpResponse("403", status=403)
