"""Which hosts are ours, and which site answers where sites have host names of their own."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from django.core.exceptions import DisallowedHost, MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from kapi.foundation.settled import settings, worked_out_once

HEALTH: Final = "/saglik"


class KnownHosts:
    """Middleware, before all others that look: answer only under our own names, so that nobody meets a foreign one.

    Health is the exception: load balancers ask it by address, at whichever site.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == HEALTH:
            request.META["HTTP_HOST"] = urlsplit(settings.GATEWAY_URL).netloc
        return foreign_name() if host_of(request) is None else self.get_response(request)


def host_of(request: HttpRequest) -> str | None:
    """Return the host that was asked for, with its port, or None if it is none of ours."""
    name: str | None = request.META.get("HTTP_HOST")
    if name is not None:
        return name if _is_ours(name) else None
    return _checked(request)


def foreign_name() -> HttpResponse:
    """Answer who asked for a host that is none of ours (400). Plain: the name is not repeated, a page needs ours."""
    told = (
        f"400\n\nBu adres bu sunucunun adlarından biri değil. Adresimiz: {settings.GATEWAY_URL}\n"
        f"This is not one of this server's names. Our address: {settings.GATEWAY_URL}\n"
    )
    return HttpResponse(told, status=400, content_type="text/plain; charset=utf-8")


@worked_out_once(most=64)
def _is_ours(name: str) -> bool:
    request = HttpRequest()
    request.META["HTTP_HOST"] = name
    return _checked(request) is not None


def _checked(request: HttpRequest) -> str | None:
    try:
        return request.get_host()
    except DisallowedHost:
        return None


class SiteByHost:
    """Middleware: choose the addresses of the site that the request's host belongs to (`settings.URLCONF_BY_HOST`)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not settings.URLCONF_BY_HOST:
            raise MiddlewareNotUsed("all sites share one host")
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.urlconf = settings.URLCONF_BY_HOST.get(request.get_host(), settings.ROOT_URLCONF)
        return self.get_response(request)
