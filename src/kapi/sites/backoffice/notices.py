"""What every work page says above its own content, for Django's list of context processors."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def context(request: HttpRequest) -> dict[str, Any]:
    """Give templates `by_password`: that the work pages are open without a passkey. Asks nothing of the database."""
    return {"by_password": settings.STAFF_BY_PASSWORD}
