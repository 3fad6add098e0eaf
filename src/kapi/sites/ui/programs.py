"""A short way for programs: their addresses have no pages, languages, files or forms of ours."""

from collections.abc import Callable
from functools import cache
from typing import cast

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import ResolverMatch, get_resolver, set_urlconf
from django.utils import translation

from kapi.sites.ui.errors import PagesInstead

_Handler = Callable[[HttpRequest], HttpResponseBase]


class ShortWay:
    """Middleware: a request to one of `PROGRAM_ADDRESSES` goes to its view at once, past all that stands behind this.

    So what stands before it holds for everybody; behind it stands what only browsers need: compression (a proxy's work,
    and of no use to short answers), languages, the origin of forms (these views are exempt from that), addresses with
    and without a slash at the end.
    """

    def __init__(self, get_response: _Handler) -> None:
        self._long = get_response
        # The stubs allow for answers that are waited for, which there are none of.
        self._short = PagesInstead(cast("_Handler", convert_exception_to_response(_ToItsView())))

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info not in settings.PROGRAM_ADDRESSES:
            return self._long(request)
        # The thread has the language of the request before this one; what is said in words here is in ours.
        translation.activate(settings.LANGUAGE_CODE)
        response = self._short(request)
        if isinstance(response, HttpResponse):
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response


class _ToItsView(BaseHandler):
    """Django's own way from a request to its view and back, with no middleware in between.

    Which view that is was worked out when the address was first asked for.
    """

    def __init__(self) -> None:
        self._view_middleware: list[object] = []
        self._template_response_middleware: list[object] = []
        self._exception_middleware: list[object] = []

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """Find the view, as Django does."""
        urlconf: str = getattr(request, "urlconf", None) or settings.ROOT_URLCONF
        set_urlconf(urlconf)
        request.resolver_match = _view_at(urlconf, request.path_info)
        return request.resolver_match

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = self._get_response(request)  # type: ignore[attr-defined]  # not in the stubs
        return response


@cache
def _view_at(urlconf: str, path: str) -> ResolverMatch:
    """Find the view; a site that does not have the address raises, and nothing is kept of that."""
    return get_resolver(urlconf).resolve(path)
