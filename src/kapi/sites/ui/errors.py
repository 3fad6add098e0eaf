"""Error pages of all sites: each says what happened, what was kept, and what to do now."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kapi.sites.ui.frame import page_context

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Explanation:
    """The words of an error page, in the active language."""

    heading: str
    happened: str
    kept: str
    now: str


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


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer for an address where there is no page (404)."""
    return _answer(request, 404, Explanation(
        heading=_("Page not found"),
        happened=_("There is no page at this address. It may have moved, or the address may be incomplete."),
        kept=_("Nothing was saved or changed."),
        now=_("Check the address, or search for the service by the words you would use."),
    ))  # fmt: skip


def wrong_method(request: HttpRequest) -> HttpResponse:
    """Answer a request made in a way that this page does not know (405)."""
    return _answer(request, 405, Explanation(
        heading=_("This page cannot be opened this way"),
        happened=_("The address belongs to a step of a form and cannot be opened on its own."),
        kept=_("Nothing was saved or changed."),
        now=_("Go back to the page with the form and send it again."),
    ))  # fmt: skip


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
    """Answer a form whose proof of origin is missing or old (403)."""
    logger.warning("A form was refused: %s", reason)
    return _answer(request, 403, Explanation(
        heading=_("The form was open for too long"),
        happened=_("For your safety we accept a form only from a page that we gave you a short time ago, "
                   "in a browser that accepts our cookies."),
        kept=_("Nothing was saved or changed."),
        now=_("Go back, reload the page and send the form again. "
              "If it happens again, allow cookies for this site in your browser's settings."),
    ))  # fmt: skip


def _answer(request: HttpRequest, status: int, words: Explanation) -> HttpResponse:
    html = render_to_string("ui/error.html", page_context(request, person=None) | {"words": words, "status": status})
    return HttpResponse(html, status=status)
