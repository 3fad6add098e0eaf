"""Who is signed in, as every site asks it."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Concatenate, Final, ParamSpec, cast
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils import timezone
from django.utils.encoding import escape_uri_path

from kapi.contexts.identity.errors import SessionOver
from kapi.contexts.identity.selectors import find_session
from kapi.contexts.identity.services import note_activity
from kapi.contexts.identity.values import SignedIn
from kapi.contexts.institutions.selectors import has_role
from kapi.contexts.mandates.services import hold_to_mandate
from kapi.foundation.settled import settings
from kapi.sites.ui.links import LONGEST_QUERY_KEPT, kept_query, own_origins, page_url

P = ParamSpec("P")

_UNASKED: Final = object()
_READING: Final = ("GET", "HEAD")


class SessionGone(Exception):
    """A form came from a browser whose session is over: a page says so, for what was typed would be lost unsaid."""


def signed_in(request: HttpRequest) -> SignedIn | None:
    """Return who is signed in, asked once per request; None when nobody is or the session is over."""
    known = getattr(request, "_kapi_signed_in", _UNASKED)
    if known is _UNASKED:
        token, now = request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""), timezone.now()
        return recognise(request, find_session(token=token, now=now) if token else None)
    return cast("SignedIn | None", known)


def recognise(request: HttpRequest, found: SignedIn | None) -> SignedIn | None:
    """Take who was found by the session's cookie, and return who is signed in, as `signed_in` does from now on.

    Being here puts off the end of the session, and who acts for somebody else is held to their mandate.
    """
    now = timezone.now()
    if found is not None:
        found = _held(request, note_activity(signed_in=found, actor=found.actor, now=now), now)
    request._kapi_signed_in = found  # type: ignore[attr-defined]
    return found


def ended_mandate(request: HttpRequest) -> str:
    """Return for whom the person was acting until this request found that they may no longer; empty if for nobody."""
    signed_in(request)
    return str(getattr(request, "_kapi_ended_mandate", ""))


def is_at_work(request: HttpRequest) -> bool:
    """Say whether who is signed in holds a role in an institution, asked once per request; one query at most."""
    known = getattr(request, "_kapi_is_at_work", None)
    if known is None:
        person = signed_in(request)
        known = person is not None and has_role(person_id=int(person.person_id))
        request._kapi_is_at_work = known  # type: ignore[attr-defined]
    return bool(known)


def require_sign_in(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Send those who are not signed in to the sign-in page, and back here afterwards; who sent a form is told first.

    Who signed in with a sealed code has to choose a password first.
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        person = signed_in(request)
        if person is not None and person.must_change_password:
            return HttpResponseRedirect(_by_way_of("first_password", request))
        return view(request, *args, **kwargs)

    return require_session(guarded)


def require_session(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """As `require_sign_in`, but let in who still has to choose a password."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if signed_in(request) is None:
            if request.method not in _READING:
                raise SessionGone
            return HttpResponseRedirect(sign_in_url(request))
        return view(request, *args, **kwargs)

    return guarded


def sign_in_url(request: HttpRequest) -> str:
    """Return the address of the sign-in page that leads back to this page, or to the page with the form sent here."""
    sender = "" if request.method in _READING else form_address(request)
    return page_url("login", "sign_in", query={"sonra": sender or address_here(request)})


def address_here(request: HttpRequest) -> str:
    """Return the address of this page as the sign-in site reads it: a path, or whole where the sites have hosts."""
    query = kept_query(request)
    path = escape_uri_path(request.path) + (f"?{query}" if query else "")
    return request.build_absolute_uri(path) if own_origins() else path


def form_address(request: HttpRequest) -> str:
    """Return the address of our page whose form was sent here, as `address_here` writes it; empty if unknown.

    It is what the browser says (Referer), and taken only where it is of our own hosts.
    """
    told = request.headers.get("Referer", "")
    try:
        parts = urlsplit(told)
    except ValueError:
        return ""
    if len(told) > LONGEST_QUERY_KEPT or not told.isascii():
        return ""
    if own_origins():
        return told if f"{parts.scheme}://{parts.netloc}" in own_origins() else ""
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return path if parts.netloc == request.get_host() and path.startswith("/") and not path.startswith("//") else ""


def _by_way_of(page: str, request: HttpRequest) -> str:
    return page_url("login", page, query={"sonra": address_here(request)})


def _held(request: HttpRequest, found: SignedIn, now: datetime) -> SignedIn | None:
    """Hold who acts for somebody else to their mandate: it may have ended since the last page."""
    if found.acting_for is None:
        return found
    try:
        held = hold_to_mandate(signed_in=found, actor=found.actor, now=now)
    except SessionOver:
        return None
    if held.acting_for is None:
        request._kapi_ended_mandate = found.acting_for.name  # type: ignore[attr-defined]
    return held
