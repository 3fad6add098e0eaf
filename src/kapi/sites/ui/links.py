"""Addresses of pages, across sites that share a host or have host names of their own."""

from typing import Final, Literal
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.encoding import iri_to_uri
from django.utils.translation import get_language, override

from kapi.foundation.settled import settings, worked_out_once

Site = Literal["portal", "login", "api", "backoffice", "demo"]

_ORIGIN_SETTING: Final[dict[str, str]] = {
    "portal": "GATEWAY_URL",
    "demo": "GATEWAY_URL",
    "login": "LOGIN_URL",
    "api": "API_URL",
    "backoffice": "BACKOFFICE_URL",
}

LONGEST_QUERY_KEPT: Final = 2_000
_MOST_ADDRESSES: Final = 20_000


def origin_of(site: Site) -> str:
    """Return scheme and host of a site, without a slash at the end."""
    origin: str = getattr(settings, _ORIGIN_SETTING[site])
    return origin


def page_url(site: Site, name: str, *, query: dict[str, str] | None = None, **kwargs: object) -> str:
    """Return the address of a page in the active language.

    A path while all sites share one host, else an absolute address. `query` is appended, encoded.

    :raises django.urls.NoReverseMatch: if the site has no such page.
    """
    address = _address(site, name, get_language(), tuple(kwargs.items()))
    return f"{address}?{urlencode(query)}" if query else address


# A page has dozens of links, and Django's `reverse` costs as much as the rest of them.
@worked_out_once(most=_MOST_ADDRESSES)
def _address(site: Site, name: str, language: str | None, kwargs: tuple[tuple[str, object], ...]) -> str:
    path = _path(f"{site}:{name}", settings.ROOT_URLCONF, language, kwargs)
    return origin_of(site) + path if own_origins() else path


def find_page_url(site: Site, name: str) -> str | None:
    """Return the address of a page, or None where this gateway does not have that page."""
    try:
        return page_url(site, name)
    except NoReverseMatch:
        return None


def in_language(request: HttpRequest, language: str) -> str | None:
    """Return the path of this page in another language; None for what is no page of ours."""
    here = request.resolver_match
    if here is None or here.args or not here.url_name:
        return None
    urlconf: str = getattr(request, "urlconf", None) or settings.ROOT_URLCONF
    return _path(here.view_name, urlconf, language, tuple(here.kwargs.items()))


def kept_query(request: HttpRequest) -> str:
    """Return the query of this page for links that lead back to it; nothing if it is longer than any of ours.

    A page names its own address several times: what somebody wrote into it must not come back many times over.
    """
    query = request.META.get("QUERY_STRING", "")
    return iri_to_uri(query) if len(query) <= LONGEST_QUERY_KEPT else ""


@worked_out_once(most=_MOST_ADDRESSES)
def _path(name: str, urlconf: str, language: str | None, kwargs: tuple[tuple[str, object], ...]) -> str:
    with override(language):
        return reverse(name, urlconf=urlconf, kwargs=dict(kwargs) or None)


@worked_out_once()
def own_origins() -> tuple[str, ...]:
    """List the origins of our sites; empty while all of them share one."""
    origins = {settings.GATEWAY_URL, settings.LOGIN_URL, settings.API_URL, settings.BACKOFFICE_URL}
    return tuple(sorted(origins)) if len(origins) > 1 else ()
