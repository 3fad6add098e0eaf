"""What search engines and browsers ask for: robots.txt, the site map, the icon, the manifest."""

from collections.abc import Iterable
from functools import cache
from typing import Final
from xml.sax.saxutils import escape

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.templatetags.static import static
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from kapi.sites.portal import shelves
from kapi.sites.ui import brand
from kapi.sites.ui.links import origin_of, page_url

MOST_IN_A_MAP: Final = 10_000
_DAY: Final = 86_400
_CODE: Final = "CODE"
_WITH_CODE: Final = frozenset({"service", "life_event", "category", "institution"})
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACES: Final = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"'


@require_safe
@cache_control(public=True, max_age=_DAY)
def robots(_request: HttpRequest) -> HttpResponse:
    """Keep robots from what is not for reading."""
    lines = [
        "User-agent: *",
        *(f"Disallow: {prefix}{path}" for prefix in ("", "/en") for path in ("/ara", "/hizmet/*/git/", "/sayfam/")),
        "Disallow: /giris/",
        "Disallow: /oidc/",
        f"Sitemap: {origin_of('portal')}/sitemap.xml",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=_DAY)
def sitemap(_request: HttpRequest) -> HttpResponse:
    """List the site maps: one of pages, and one for every 10,000 services."""
    parts = range(max(1, -(-len(shelves.service_codes()) // MOST_IN_A_MAP)))
    names = ["sayfalar", *(f"hizmetler-{part + 1}" for part in parts)]
    origin = origin_of("portal")
    body = "".join(f"<sitemap><loc>{origin}/sitemap-{name}.xml</loc></sitemap>\n" for name in names)
    return _xml(f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{body}</sitemapindex>\n')


@require_safe
@cache_control(public=True, max_age=_DAY)
def sitemap_of_pages(_request: HttpRequest) -> HttpResponse:
    """List the pages that are not services."""
    plain = ("home", "life_events", "categories", "institutions", "help", "accessibility", "privacy")
    pages = [(name, "") for name in plain]
    pages += [("life_event", line.code) for line in shelves.life_events(language="tr")]
    pages += [("category", line.code) for line in shelves.categories(language="tr")]
    pages += [("institution", line.code) for line in shelves.top_institutions(language="tr")]
    return _map(pages)


@require_safe
@cache_control(public=True, max_age=_DAY)
def sitemap_of_services(_request: HttpRequest, part: int) -> HttpResponse:
    """List one part of the services."""
    codes = shelves.service_codes()[(part - 1) * MOST_IN_A_MAP : part * MOST_IN_A_MAP] if part else ()
    if not codes and part != 1:
        raise Http404
    return _map(("service", code) for code in codes)


@require_safe
@cache_control(public=True, max_age=_DAY)
def icon(_request: HttpRequest) -> HttpResponse:
    """Send programs that look for the icon at its old address to the mark."""
    return HttpResponsePermanentRedirect(brand.mark_url() or static("ui/mark.svg"))


@require_safe
@cache_control(public=True, max_age=_DAY)
def manifest(_request: HttpRequest) -> HttpResponse:
    """Let people put the portal among the applications of their device (W3C Web Application Manifest)."""
    described = {
        "name": settings.BRAND_NAME,
        "short_name": settings.BRAND_NAME,
        "description": _("Services of all institutions, and one place to sign in"),
        "lang": translation.get_language(),
        "start_url": page_url("portal", "home"),
        "scope": "/",
        # With a way back: services lead on to the pages of institutions.
        "display": "minimal-ui",
        "background_color": "#ffffff",
        "theme_color": settings.BRAND_COLOR or "#0b3c49",
        "icons": _icons(),
    }
    return JsonResponse(described, content_type="application/manifest+json", json_dumps_params={"ensure_ascii": False})


def _icons() -> list[dict[str, str]]:
    """List the mark and, while it is ours, the drawings of it (assets/build_icons.py) that home screens want."""
    own = brand.mark_url()
    mark = {"src": own or static("ui/mark.svg"), "sizes": "any", "type": "image/svg+xml"}
    drawings = [
        {"src": static(f"ui/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    return [mark, *([] if own else drawings)]


def _map(pages: Iterable[tuple[str, str]]) -> HttpResponse:
    body = "".join(_entries(name, code) for name, code in pages)
    return _xml(f"<urlset {_NAMESPACES}>\n{body}</urlset>\n")


def _entries(name: str, code: str) -> str:
    """Write a page once for each language, with links to the others."""
    addresses = {language: pattern.replace(_CODE, code) for language, pattern in _patterns(name).items()}
    others = "".join(
        f'<xhtml:link rel="alternate" hreflang="{language}" href="{address}"/>'
        for language, address in addresses.items()
    )
    return "".join(f"<url><loc>{address}</loc>{others}</url>\n" for address in addresses.values())


@cache
def _patterns(name: str) -> dict[str, str]:
    """Return the addresses of pages of a kind, by language; codes (ASCII words, digits) are put into them."""
    found = {}
    for language, _language_name in settings.LANGUAGES:
        with translation.override(language):
            path = page_url("portal", name, code=_CODE) if name in _WITH_CODE else page_url("portal", name)
        found[language] = escape(path if path.startswith("http") else origin_of("portal") + path)
    return found


def _xml(body: str) -> HttpResponse:
    return HttpResponse(_HEAD + body, content_type="application/xml; charset=utf-8")
