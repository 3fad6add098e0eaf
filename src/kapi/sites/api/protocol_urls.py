"""Addresses of the API, which have no language."""

from django.urls import URLPattern, path

from kapi.sites.api import interface, problems


def _endpoints() -> list[URLPattern]:
    """List the endpoints below api/, each telling its problems in one way."""
    made = (pattern for pattern in interface.api.urls[0] if isinstance(pattern, URLPattern))
    return [path(f"api/{one.pattern}", problems.told(one.callback), name=one.name) for one in made]


urlpatterns = [
    path("api/openapi.json", interface.openapi, name="openapi"),
    path("api/", problems.nothing_here),
    *_endpoints(),
    path("api/<path:rest>", problems.nothing_here, name="nothing"),
]
