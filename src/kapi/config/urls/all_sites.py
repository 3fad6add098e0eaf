"""Every site on one host, by path. Turkish at the plain path, English under /en/."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import URLPattern, URLResolver, include, path

protocol: list[URLPattern | URLResolver] = [
    path("", include("kapi.sites.login.protocol_urls")),
    path("", include("kapi.sites.portal.protocol_urls")),
    path("", include("kapi.sites.demo.protocol_urls")),
]
pages: list[URLPattern | URLResolver] = [
    path("", include("kapi.sites.ui.urls")),
]

urlpatterns = [*protocol, *i18n_patterns(*pages, prefix_default_language=False)]

handler400 = "kapi.sites.ui.errors.bad_request"
handler403 = "kapi.sites.ui.errors.not_permitted"
handler404 = "kapi.sites.ui.errors.not_found"
handler500 = "kapi.sites.ui.errors.server_error"
