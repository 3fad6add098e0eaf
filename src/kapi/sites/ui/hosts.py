"""Which site answers, where sites have host names of their own."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponseBase


class SiteByHost:
    """Middleware: choose the addresses of the site that the request's host belongs to (`settings.URLCONF_BY_HOST`)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not settings.URLCONF_BY_HOST:
            raise MiddlewareNotUsed("all sites share one host")
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Unknown hosts never get here: ALLOWED_HOSTS lists the same origins.
        request.urlconf = settings.URLCONF_BY_HOST.get(request.get_host(), settings.ROOT_URLCONF)
        return self.get_response(request)
