"""A state's own name, colour and mark, set without touching a template (KAPI_BRAND_*)."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from kapi.sites.ui import colours

_MARK_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
_YEAR: Final = "public, max-age=31536000, immutable"


def stylesheet_url() -> str:
    """Return the address of the stylesheet with the state's colour; empty while ours is kept."""
    return f"/marka.css?{_version(settings.BRAND_COLOR.encode())}" if settings.BRAND_COLOR else ""


def mark_url() -> str:
    """Return the address of the state's own mark; empty while ours is kept."""
    return f"/marka.svg?{_version(_own_mark())}" if settings.BRAND_MARK else ""


@require_safe
def stylesheet(_request: HttpRequest) -> HttpResponse:
    """Give the state's colour to the pages, in light and dark."""
    if not settings.BRAND_COLOR:
        raise Http404
    css = colours.stylesheet(settings.BRAND_COLOR)
    return HttpResponse(css, content_type="text/css; charset=utf-8", headers={"Cache-Control": _YEAR})


@require_safe
def mark(_request: HttpRequest) -> HttpResponse:
    """Give the state's own mark; opened by itself it may do nothing."""
    if not settings.BRAND_MARK:
        raise Http404
    headers = {"Cache-Control": _YEAR, "Content-Security-Policy": _MARK_POLICY}
    return HttpResponse(_own_mark(), content_type="image/svg+xml", headers=headers)


def _own_mark() -> bytes:
    return _content_of(settings.BRAND_MARK)


@cache
def _content_of(path: str) -> bytes:
    return Path(path).read_bytes()


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
