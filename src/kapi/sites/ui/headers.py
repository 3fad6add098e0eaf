"""What browsers are told about every answer: what the page may load and do, and who may keep a copy."""

from collections.abc import Callable
from typing import Final, TypeVar
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_vary_headers

from kapi.foundation.settled import settings
from kapi.sites.ui.links import own_origins

Response = TypeVar("Response", bound=HttpResponseBase)

_LEADS_TO: Final = "_kapi_form_leads_to"

_UNUSED_FEATURES: Final = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture", "encrypted-media",
    "geolocation", "gyroscope", "hid", "idle-detection", "magnetometer", "microphone", "midi", "payment",
    "picture-in-picture", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
)  # fmt: skip
PERMISSIONS_POLICY: Final = ", ".join(f"{feature}=()" for feature in _UNUSED_FEATURES)


def allow_form_to_lead_to(response: Response, url: str) -> Response:
    """Let the forms of this page lead to the origin of `url`, and return the response.

    Browsers hold `form-action` against the redirects that follow a form as well, so a page whose form ends at an
    institution (sign-in on its behalf, sharing approval) must name it. The address must be one that was checked.
    """
    parts = urlsplit(url)
    targets: tuple[str, ...] = getattr(response, _LEADS_TO, ())
    # An application on a telephone may be sent back to by a scheme of its own, which has no host.
    setattr(response, _LEADS_TO, (*targets, f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"))
    return response


class BrowserRules:
    """Middleware: content security policy, unused browser features, caching of pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", content_security_policy(response))
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("X-Frame-Options", "DENY")  # for browsers that do not know frame-ancestors
        rule_caching(request, response)
        return response


def content_security_policy(response: HttpResponseBase) -> str:
    """Write the policy of one answer: only our own files, no frames, no inline code, forms to where they are meant."""
    form_targets = ["'self'", *own_origins(), *getattr(response, _LEADS_TO, ())]
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "font-src": "'self'",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "form-action": " ".join(dict.fromkeys(form_targets)),
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    policy = "; ".join(f"{name} {value}" for name, value in rules.items())
    return policy + ("; upgrade-insecure-requests" if settings.GATEWAY_URL.startswith("https://") else "")


def rule_caching(request: HttpRequest, response: HttpResponseBase) -> None:
    """Let nobody keep what is somebody's own; what is no page and says itself who may keep it stays as it is."""
    lines = response.headers._store  # by their names in small letters
    kind = lines.get("content-type")
    is_page = kind is not None and kind[1].startswith("text/html")
    if is_page:
        patch_vary_headers(response, ["Cookie"])
    elif "cache-control" in lines:
        return
    if settings.SESSION_COOKIE_NAME in request.COOKIES or response.cookies or request.method == "POST":
        response.headers["Cache-Control"] = "no-store"
    elif is_page:
        response.headers.setdefault("Cache-Control", "no-cache")
