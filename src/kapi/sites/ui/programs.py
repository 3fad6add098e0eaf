"""A short way for programs: their addresses have no pages, languages, files or forms of ours.

What holds for everybody holds here: our own names only (`KnownHosts`), the site of the host (`SiteByHost`), what
browsers are told (`BrowserRules` and Django's `SecurityMiddleware`, of whose words for an answer that says nothing
itself the lines are made), our pages where a view fails, and that what was sent is read to its end (`ReadToTheEnd`).
What only browsers need is left out: compression (a proxy's work, and of no use to short answers), languages, the origin
of forms (these views are exempt from that), addresses with and without a slash at the end, static files.
"""

from collections.abc import Callable
from functools import cache
from typing import cast

from django.core.handlers.exception import response_for_exception
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.security import SecurityMiddleware
from django.urls import ResolverMatch, get_resolver, set_urlconf
from django.utils import translation
from django.utils.log import log_response

from kapi.foundation.settled import settings, worked_out_once
from kapi.sites.ui.answers import Lines, add_lines
from kapi.sites.ui.bodies import read_what_is_left
from kapi.sites.ui.errors import page_instead
from kapi.sites.ui.headers import BrowserRules, rule_caching
from kapi.sites.ui.hosts import foreign_name, host_of


class ShortWay:
    """Middleware, before all others: a request to one of `PROGRAM_ADDRESSES` is answered past them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info in settings.PROGRAM_ADDRESSES:
            return answer_program(request)
        return self.get_response(request)


def answer_program(request: HttpRequest) -> HttpResponse:
    """Answer a request to one of `PROGRAM_ADDRESSES`, and log what was refused."""
    host = host_of(request)
    response = foreign_name() if host is None else _answer_at(host, request)
    if response.status_code >= 400:
        if request.method not in ("GET", "HEAD"):
            read_what_is_left(request)
        log_response("%s: %s", response.reason_phrase, request.path, response=response, request=request)
    return response


def _answer_at(host: str, request: HttpRequest) -> HttpResponse:
    """Answer at a host of ours."""
    urlconf = settings.ROOT_URLCONF
    if settings.URLCONF_BY_HOST:
        urlconf = request.urlconf = settings.URLCONF_BY_HOST.get(host, urlconf)
        set_urlconf(urlconf)
    try:
        request.resolver_match = _view_at(urlconf, request.path_info)
        response: HttpResponse = request.resolver_match.func(request)
    except Exception as failure:  # noqa: BLE001 - the sites' last handler: Django's, which logs it and shows our page
        _speak_our_language()
        response = response_for_exception(request, failure)
    if response.status_code == 405:
        _speak_our_language()
        response = page_instead(request, response)
    if "content-length" not in response.headers._store:
        response["Content-Length"] = str(len(response.content))
    add_lines(response, _told_of_all(bool(settings.SECURE_HSTS_SECONDS) and request.is_secure()))
    rule_caching(request, response)
    return response


def _speak_our_language() -> None:
    """The thread has the language of the request before this one; programs are told everything in theirs but pages."""
    translation.activate(settings.LANGUAGE_CODE)


@cache
def _view_at(urlconf: str, path: str) -> ResolverMatch:
    """Find the view; a site that does not have the address raises, and nothing is kept of that."""
    return get_resolver(urlconf).resolve(path)


class _Asking(HttpRequest):
    """A request of which nothing is known but whether it came by https."""

    method = "GET"

    def __init__(self, *, is_secure: bool) -> None:
        super().__init__()
        self._is_secure = is_secure

    def is_secure(self) -> bool:
        return self._is_secure


@worked_out_once(most=2)
def _told_of_all(is_secure: bool) -> Lines:
    """Collect what the middleware says of every answer."""
    middleware = SecurityMiddleware(BrowserRules(lambda _: HttpResponse(content_type="none")))
    response = cast("HttpResponse", middleware(_Asking(is_secure=is_secure)))
    return {name: line for name, line in response.headers._store.items() if name != "content-type"}
