"""Which addresses each site has. A site may have a host name of its own (KAPI_LOGIN_URL and others)."""

from typing import Final

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.urls import URLPattern, URLResolver, include, path

ORIGINS: Final = {
    "portal": settings.GATEWAY_URL,
    "login": settings.LOGIN_URL,
    "api": settings.API_URL,
    "backoffice": settings.BACKOFFICE_URL,
    "demo": settings.GATEWAY_URL,
}

# Addresses without a language: protocols, programs, files.
PROTOCOL: Final = {
    "login": "kapi.sites.login.protocol_urls",
    "portal": "kapi.sites.portal.protocol_urls",
    "demo": "kapi.sites.demo.protocol_urls",
    "api": "kapi.sites.api.protocol_urls",
}
# Pages: Turkish at the plain path, English under /en/.
PAGES: Final[dict[str, str]] = {
    "login": "kapi.sites.login.urls",
    "portal": "kapi.sites.portal.urls",
    "demo": "kapi.sites.demo.urls",
    "backoffice": "kapi.sites.backoffice.urls",
}


def addresses(*sites: str) -> list[URLPattern | URLResolver]:
    """List the addresses of these sites, and of what every site has."""
    protocol = [path("", include(PROTOCOL[site])) for site in sites if site in PROTOCOL]
    pages = [path("", include(PAGES[site])) for site in sites if site in PAGES]
    return [
        path("", include("kapi.sites.ui.protocol_urls")),
        *protocol,
        *i18n_patterns(path("", include("kapi.sites.ui.urls")), *pages, prefix_default_language=False),
    ]


def addresses_at(origin: str) -> list[URLPattern | URLResolver]:
    """List the addresses of the sites that live at an origin."""
    return addresses(*(site for site, own in ORIGINS.items() if own == origin))
