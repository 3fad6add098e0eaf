"""Error pages of all sites: each says what happened, what was kept, and what to do now."""

import copy
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kapi.sites.ui.frame import page_context
from kapi.sites.ui.session import SessionGone, form_address, sign_in_url

logger = logging.getLogger(__name__)
Response = TypeVar("Response", bound=HttpResponseBase)


@dataclass(frozen=True)
class Way:
    """A link of an error page; `is_beside`: it opens in a new tab, so that the page and what was sent stay."""

    text: str
    href: str
    is_beside: bool = False


@dataclass(frozen=True)
class Explanation:
    """The words of an error page, in the active language, and the ways on from it."""

    heading: str
    happened: str
    kept: str
    now: str
    ways: tuple[Way, ...] = ()


class PagesInstead:
    """Middleware, the innermost: a page for what a view leaves without one.

    A form that came after the session's end, and a method that the address does not know (programs need no page there).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return page_instead(request, self.get_response(request))

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer `SessionGone`; it is an everyday thing and leaves no trace in the log."""
        return session_gone(request) if isinstance(exception, SessionGone) else None


def page_instead(request: HttpRequest, response: Response) -> Response | HttpResponse:
    """Return a page in the place of a bare 405, where whoever asked can show one."""
    if not isinstance(response, HttpResponseNotAllowed) or response.content:
        return response
    if request.method == "HEAD" or "text/html" not in request.headers.get("Accept", ""):
        return response
    return wrong_method(request, response["Allow"])


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer a request that cannot be read (400), or one that is too large (413)."""
    if isinstance(exception, RequestDataTooBig):
        return too_large(request)
    return _answer(request, 400, Explanation(
        heading=_("We could not understand the request"),
        happened=_("Your browser sent something that this page cannot read."),
        kept=_("Nothing was saved or changed."),
        now=_("Go back and try again. If you typed or copied the address, check that it is complete."),
    ))  # fmt: skip


def not_permitted(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer someone who may not see this page (403)."""
    return _answer(request, 403, Explanation(
        heading=_("You do not have permission to see this page"),
        happened=_("This page is only for people with a certain role, and yours does not include it."),
        kept=_("You are still signed in and nothing was changed."),
        now=_("If you need this page for your work, ask the person who manages permissions in your institution."),
    ))  # fmt: skip


def session_gone(request: HttpRequest) -> HttpResponse:
    """Answer a form that came when its session was over (403).

    Reloading the page sends the form again: the browser has kept it, where we have not.
    """
    sign_in = sign_in_url(request)
    return _answer(request, 403, Explanation(
        heading=_("Your session ended before the form arrived"),
        happened=_("You were signed out: because you did nothing for a while, or on another device or in another tab."),
        kept=_("Nothing of what you sent was saved. Your browser still has it as long as this page stays open."),
        now=_("To send it without typing it again, sign in in a new tab, come back to this one and reload it: "
              "your browser asks whether to send the form once more."),
        ways=(Way(_("Sign in in a new tab"), sign_in, is_beside=True), Way(_("Sign in here and begin anew"), sign_in)),
    ))  # fmt: skip


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer for an address where there is no page (404)."""
    return _answer(request, 404, Explanation(
        heading=_("Page not found"),
        happened=_("There is no page at this address. It may have moved, or the address may be incomplete."),
        kept=_("Nothing was saved or changed."),
        now=_("Check the address, or search for the service by the words you would use."),
    ))  # fmt: skip


def wrong_method(request: HttpRequest, allowed: str) -> HttpResponse:
    """Answer a request made in a way that this page does not know (405); `allowed` names the methods it knows."""
    is_sent = request.method not in ("GET", "HEAD")
    response = _answer(request, 405, Explanation(
        heading=_("This page takes no forms"),
        happened=_("Something was sent to an address that only shows a page."),
        kept=_("Nothing was saved or changed."),
        now=_("Open the page without sending anything. If a form of ours led here, please tell us."),
        ways=(Way(_("Open the page"), request.path),),
    ) if is_sent else Explanation(
        heading=_("This page cannot be opened this way"),
        happened=_("The address belongs to a step of a form and cannot be opened on its own."),
        kept=_("Nothing was saved or changed."),
        now=_("Go back to the page with the form and send it again."),
    ))  # fmt: skip
    response["Allow"] = allowed
    return response


def too_large(request: HttpRequest) -> HttpResponse:
    """Answer a form that is larger than we accept (413)."""
    return _answer(request, 413, Explanation(
        heading=_("What you sent is too large"),
        happened=_("The form held more text than this page accepts."),
        kept=_("Nothing was saved. What you wrote may still be there when you go back."),
        now=_("Go back, shorten the text and send it again."),
    ))  # fmt: skip


def too_many_requests(request: HttpRequest, *, retry_after: timedelta) -> HttpResponse:
    """Answer someone who asked too often (429), saying when to try again."""
    seconds = max(1, round(retry_after.total_seconds()))
    minutes = -(-seconds // 60)
    response = _answer(request, 429, Explanation(
        heading=_("Too many attempts"),
        happened=_("There were too many attempts in a short time, so we stopped answering for a while."),
        kept=_("Nothing was saved or changed. Your account is not closed."),
        now=ngettext("Try again in %(n)s minute.", "Try again in %(n)s minutes.", minutes) % {"n": minutes},
    ))  # fmt: skip
    response["Retry-After"] = str(seconds)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer when we failed (500). Asks neither the database nor the session, for they may be what failed."""
    return _answer(request, 500, Explanation(
        heading=_("Something went wrong on our side"),
        happened=_("The page could not be prepared because of an error in our system. It is not your fault."),
        kept=_("What you sent just now may not have been saved. Everything saved before is safe."),
        now=_("Try again in a few minutes. If you had sent a form, check first whether it arrived."),
    ))  # fmt: skip


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form without proof that it came from our page in this browser (403).

    Where the address takes no forms at all, that is the answer (405).
    """
    allowed = _allowed_at(request)
    if allowed and request.method not in allowed.split(", "):
        return wrong_method(request, allowed)
    logger.warning("A form was refused: %s", reason)
    page = form_address(request)
    return _answer(request, 403, Explanation(
        heading=_("We could not tell whether the form came from you"),
        happened=_("We take a form only from our own page, in a browser that has kept the cookie we gave it there. "
                   "Browsers lose it when cookies are blocked or deleted, such as when a private window is closed."),
        kept=_("Nothing was saved or changed. What you typed may still be there when you go back: copy it first."),
        now=_("Open the page with the form anew, fill it in and send it again. "
              "If it happens again, allow cookies for this site in your browser's settings."),
        ways=(Way(_("Open the page with the form"), page),) if page else (),
    ))  # fmt: skip


def _allowed_at(request: HttpRequest) -> str:
    """Return the methods that this address knows, as `Allow` lists them; empty if it does not say.

    The view is asked as any browser may ask it: OPTIONS changes nothing, so it needs no proof of origin.
    """
    if request.resolver_match is None:
        return ""
    asking = copy.copy(request)
    asking.method = "OPTIONS"
    answer = request.resolver_match.func(asking, *request.resolver_match.args, **request.resolver_match.kwargs)
    return str(answer.headers.get("Allow", ""))


def _answer(request: HttpRequest, status: int, words: Explanation) -> HttpResponse:
    html = render_to_string("ui/error.html", page_context(request, person=None) | {"words": words, "status": status})
    return HttpResponse(html, status=status)
