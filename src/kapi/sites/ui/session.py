"""Who is signed in, as every site asks it."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Concatenate, Final, ParamSpec, Protocol, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils import timezone
from django.utils.module_loading import import_string

from kapi.kernel.actors import Actor
from kapi.sites.ui.links import page_url

P = ParamSpec("P")

_UNASKED: Final = object()


class SignedIn(Protocol):
    """A living session and its person, as `identity` tells it."""

    @property
    def display_name(self) -> str: ...
    @property
    def expires_at(self) -> datetime: ...
    @property
    def ends_at(self) -> datetime: ...
    @property
    def must_change_password(self) -> bool: ...
    @property
    def actor(self) -> Actor: ...


def signed_in(request: HttpRequest) -> SignedIn | None:
    """Return who is signed in, asked once per request; None when nobody is or the session is over."""
    known = getattr(request, "_kapi_signed_in", _UNASKED)
    if known is _UNASKED:
        known = _find(request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""))
        request._kapi_signed_in = known  # type: ignore[attr-defined]
    return cast("SignedIn | None", known)


def require_sign_in(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Send those who are not signed in to the sign-in page, and back here afterwards."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if signed_in(request) is None:
            return HttpResponseRedirect(sign_in_url(request))
        return view(request, *args, **kwargs)

    return guarded


def sign_in_url(request: HttpRequest) -> str:
    """Return the address of the sign-in page that leads back to this page; a form half sent leads to its own page."""
    return page_url("login", "sign_in", query={"sonra": request.get_full_path()})


def _find(token: str) -> SignedIn | None:
    if not token:
        return None
    find_session = import_string("kapi.contexts.identity.selectors.find_session")
    return cast("SignedIn | None", find_session(token=token, now=timezone.now()))
