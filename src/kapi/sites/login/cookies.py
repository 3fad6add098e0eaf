"""The cookies of the sign-in site: who is signed in, and which device this is."""

from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from kapi.contexts.identity.values import SessionId

# As long as a browser keeps a cookie at most (RFC 6265bis, 5.5).
_DEVICE_AGE: Final = timedelta(days=400)
# Short: whoever uses the device next should not see where the one before them has been.
_ENDED_AGE: Final = timedelta(minutes=3)
_ENDED_SALT: Final = "ended-session"


def session_token(request: HttpRequest) -> str:
    """Return the token of the session, empty where the browser has none."""
    return request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")


def device_token(request: HttpRequest) -> str | None:
    """Return the token by which this device is known."""
    return request.COOKIES.get(settings.DEVICE_COOKIE_NAME) or None


def keep_session(response: HttpResponseBase, token: str) -> None:
    """Give the browser the session's token until it is closed; the gateway ends the session long before most are."""
    response.set_cookie(settings.SESSION_COOKIE_NAME, token, **_attributes())


def keep_device(response: HttpResponseBase, token: str) -> None:
    """Let the browser be known again."""
    response.set_cookie(settings.DEVICE_COOKIE_NAME, token, max_age=_DEVICE_AGE, **_attributes())


def browser_token(request: HttpRequest) -> str:
    """Return the token to which institutions' requests are tied while they wait; empty where the browser has none."""
    return request.COOKIES.get(settings.BROWSER_COOKIE_NAME, "")


def keep_browser(response: HttpResponseBase, token: str) -> None:
    """Tie the requests of this browser to it until it is closed."""
    response.set_cookie(settings.BROWSER_COOKIE_NAME, token, **_attributes())


def begun_token(request: HttpRequest) -> str:
    """Return the token of the sign-in that waits for its second step, or is held off; empty where none is."""
    return request.COOKIES.get(settings.BEGUN_COOKIE_NAME, "")


def keep_begun(response: HttpResponseBase, token: str, expires_at: datetime) -> None:
    """Let this browser, and no other, do the second step until `expires_at`."""
    response.set_cookie(settings.BEGUN_COOKIE_NAME, token, expires=expires_at, **_attributes())


def forget_begun(response: HttpResponseBase) -> None:
    """Take it from the browser."""
    response.delete_cookie(settings.BEGUN_COOKIE_NAME, domain=settings.COOKIE_DOMAIN, samesite="Lax")


def forget_session(response: HttpResponseBase) -> None:
    """Take the session's token from the browser."""
    response.delete_cookie(settings.SESSION_COOKIE_NAME, domain=settings.COOKIE_DOMAIN, samesite="Lax")


def keep_ended_session(response: HttpResponseBase, session_id: SessionId) -> None:
    """Let the browser see for a while which institutions were told that its session has ended."""
    value = signing.dumps(session_id, salt=_ENDED_SALT)
    response.set_cookie(settings.ENDED_COOKIE_NAME, value, max_age=_ENDED_AGE, **_attributes())


def ended_session(request: HttpRequest) -> SessionId | None:
    """Return which session ended in this browser a short while ago."""
    try:
        value = request.COOKIES.get(settings.ENDED_COOKIE_NAME, "")
        return SessionId(signing.loads(value, salt=_ENDED_SALT, max_age=_ENDED_AGE))
    except signing.BadSignature:
        return None


def _attributes() -> dict[str, Any]:
    return {
        "httponly": True,
        "secure": settings.COOKIE_SECURE,
        "samesite": "Lax",  # Strict would leave people signed out who come from an institution
        "domain": settings.COOKIE_DOMAIN,
        "path": "/",
    }
