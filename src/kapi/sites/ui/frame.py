"""What every page shows around its own content: brand, languages, navigation, who is signed in."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from kapi.contexts.identity.values import SignedIn
from kapi.foundation.settled import settings, worked_out_once
from kapi.sites.ui import brand
from kapi.sites.ui.links import Site, find_page_url, in_language, kept_query, origin_of, own_origins
from kapi.sites.ui.session import address_here, ended_mandate, is_at_work, sign_in_url, signed_in


@dataclass(frozen=True)
class Link:
    """A link of the frame, named as the components name it; `active` on this page and the pages below it."""

    text: str
    href: str
    active: bool = False


@dataclass(frozen=True)
class LanguageLink:
    """This page in one of the languages, named as the component names it; `href` is empty for the shown language."""

    text: str
    lang: str
    href: str


@dataclass(frozen=True)
class Frame:
    """What the layout needs; templates read it as `frame`."""

    brand_name: str
    brand_stylesheet: str
    own_mark: str
    demo: bool
    home: str
    languages: tuple[LanguageLink, ...]
    navigation: tuple[Link, ...]
    footer: tuple[Link, ...]
    search: str | None
    sign_in: str | None
    sign_out: str | None
    my_pages: str | None
    acting: str | None
    here: str
    manifest: str | None


@dataclass(frozen=True)
class SessionEnd:
    """When the session ends if nothing is done; `is_final` when it cannot be put off any more."""

    at: datetime
    seconds_left: int
    warn_seconds: int
    is_final: bool
    extend: str
    sign_in: str


def context(request: HttpRequest) -> dict[str, Any]:
    """Give templates `frame`, `language`, `signed_in`; for Django's list of context processors."""
    found = page_context(request, person=signed_in(request), at_work=is_at_work(request))
    return found | {"ended_mandate": ended_mandate(request)}


def page_context(request: HttpRequest, *, person: SignedIn | None, at_work: bool = False) -> dict[str, Any]:
    """Give what the layout needs without asking the database; who is `at_work` is led to the work pages."""
    return {
        "frame": _frame(request, at_work=at_work),
        "language": _language(),
        "signed_in": person,
        "ended_mandate": "",
        "session_end": _session_end(request, person) if person else None,
    }


def _session_end(request: HttpRequest, person: SignedIn) -> SessionEnd | None:
    extend = find_page_url("login", "extension")
    if extend is None:
        return None
    return SessionEnd(
        at=person.expires_at,
        seconds_left=max(0, int((person.expires_at - timezone.now()).total_seconds())),
        warn_seconds=int((person.expires_at - person.warn_at).total_seconds()),
        is_final=person.expires_at >= person.ends_at,
        extend=f"{extend}?{urlencode({'sonra': address_here(request)})}",
        sign_in=sign_in_url(request),
    )


def _language() -> str:
    return translation.get_language() or settings.LANGUAGE_CODE


def _frame(request: HttpRequest, *, at_work: bool) -> Frame:
    here, language = address_here(request), _language()
    return Frame(
        brand_name=settings.BRAND_NAME,
        brand_stylesheet=brand.stylesheet_url(),
        own_mark=brand.mark_url(),
        demo=settings.DEMO,
        home=find_page_url("portal", "home") or origin_of("portal") + "/",
        languages=_languages(request),
        navigation=_marked(_navigation(language, at_work=at_work), here),
        footer=_marked(_footer(language), here),
        search=find_page_url("portal", "search"),
        sign_in=sign_in_url(request) if find_page_url("login", "sign_in") else None,
        sign_out=find_page_url("login", "sign_out"),
        my_pages=find_page_url("portal", "my_pages"),
        acting=find_page_url("login", "acting"),
        here=here,
        manifest=_manifest(request),
    )


def _manifest(request: HttpRequest) -> str | None:
    """Return where the portal describes itself as an application; only its own pages may name it."""
    is_portal = not own_origins() or request.headers.get("Host", "") == urlsplit(origin_of("portal")).netloc
    return find_page_url("portal", "manifest") if is_portal else None


@worked_out_once(most=4)
def _navigation(_language: str, *, at_work: bool) -> tuple[Link, ...]:
    work: tuple[tuple[str, Site, str], ...] = ((_("Administration"), "backoffice", "home"),) if at_work else ()
    return _links(
        (_("Life events"), "portal", "life_events"),
        (_("Categories"), "portal", "categories"),
        (_("Institutions"), "portal", "institutions"),
        *work,
    )


@worked_out_once(most=4)
def _footer(_language: str) -> tuple[Link, ...]:
    return _links(
        (_("Help"), "portal", "help"),
        (_("Accessibility"), "portal", "accessibility"),
        (_("Privacy"), "portal", "privacy"),
        (_("Feedback"), "portal", "feedback"),
    )


def _links(*pages: tuple[str, Site, str]) -> tuple[Link, ...]:
    found = ((text, find_page_url(site, name)) for text, site, name in pages)
    return tuple(Link(text, url) for text, url in found if url)


def _marked(links: tuple[Link, ...], here: str) -> tuple[Link, ...]:
    return tuple(replace(link, active=True) if here.startswith(link.href) else link for link in links)


def _languages(request: HttpRequest) -> tuple[LanguageLink, ...]:
    active = _language()
    others = {code: in_language(request, code) for code, _name in settings.LANGUAGES if code != active}
    if None in others.values() or request.path in others.values():  # a page in one address only, or a missing page
        return ()
    query = kept_query(request)
    ending = f"?{query}" if query else ""
    addresses = {code: f"{path}{ending}" for code, path in others.items()}
    return tuple(LanguageLink(name, code, addresses.get(code, "")) for code, name in settings.LANGUAGES)
