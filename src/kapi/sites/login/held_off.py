"""`/giris/kod-ile/`: going on by a code while lists of stolen passwords are tried.

Everybody who is held off comes here: whose password was right, whose was wrong, and who has typed a number that is
nobody's. The page is the same for all of them, before and after each thing that can be done on it.
"""

from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kapi.contexts.identity import selectors
from kapi.contexts.identity import services as identity
from kapi.contexts.identity.errors import CodeRefused, SecondStepOver, TooManyCodes
from kapi.contexts.identity.values import ContactKind, HeldOffView
from kapi.kernel.actors import NOBODY
from kapi.sites.login import cookies
from kapi.sites.login.asking import find_asking, lead_to, shown_of
from kapi.sites.login.contacts import refusal_words
from kapi.sites.login.destinations import Destination, destination_of
from kapi.sites.login.mistakes import NONE_MADE, Mistake, Mistakes
from kapi.sites.login.sign_in import end_former_session, welcome
from kapi.sites.ui.address import address_of

_MOST_TYPED: Final = 100


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def held_off(request: HttpRequest) -> HttpResponse:
    """Let whoever was held off go on by a code: `send` asks for one to a kind of contact, `code` is what was typed."""
    destination, now = destination_of(request), timezone.now()
    view = selectors.find_held_off(token=cookies.begun_token(request), now=now)
    if view is None:
        return _begin_again(destination)
    if request.method != "POST":
        return _page(request, destination, view, now)
    try:
        if request.POST.get("send") in set(ContactKind) and settings.DEMO:
            return _ask(request, destination, ContactKind(request.POST["send"]), now)
        return _try(request, destination, view, now)
    except SecondStepOver:
        return _begin_again(destination)
    except TooManyCodes as refusal:
        return _page(request, destination, view, now, Mistake("send", refusal_words(refusal)))


def _ask(request: HttpRequest, destination: Destination, kind: ContactKind, now: datetime) -> HttpResponse:
    address = address_of(request)
    identity.ask_for_held_off_code(
        token=cookies.begun_token(request), kind=kind, address=address, actor=NOBODY, now=now
    )
    return HttpResponseRedirect(destination.held_off_url)


def _try(request: HttpRequest, destination: Destination, view: HeldOffView, now: datetime) -> HttpResponse:
    code = request.POST.get("code", "")[:_MOST_TYPED]
    if not code.strip():
        return _page(request, destination, view, now, Mistake("code", _("Enter the code.")))
    try:
        started = identity.finish_held_off(
            token=cookies.begun_token(request),
            code=code,
            address=address_of(request),
            device_token=cookies.device_token(request),
            user_agent=request.headers.get("User-Agent", ""),
            actor=NOBODY,
            now=now,
        )
    except CodeRefused:
        words = _(
            "With this code nobody is signed in: it is not right or it is over, or the number or the password was not"
            " right. Compare the digits, have another sent, or enter number and password again."
        )
        return _page(request, destination, view, now, Mistake("code", words))
    end_former_session(request, started, now)
    response = welcome(destination, started)
    cookies.forget_begun(response)
    return response


def _begin_again(destination: Destination) -> HttpResponse:
    response = HttpResponseRedirect(destination.sign_in_url)
    cookies.forget_begun(response)
    return response


def _page(
    request: HttpRequest, destination: Destination, view: HeldOffView, now: datetime, mistake: Mistake | None = None
) -> HttpResponse:
    asking, found = find_asking(request, destination), Mistakes([mistake]) if mistake else NONE_MADE
    context: dict[str, Any] = {
        "mistakes": found,
        "destination": destination,
        "asking": shown_of(asking),
        "codes_are_sent": settings.DEMO,
        "is_demo": settings.DEMO,
        "passkeys_are_possible": settings.PASSKEYS.is_possible,
        "code_to": view.code_to,
        "asked_at": view.asked_at,
        "again_in": max(0, -int(-(view.again_at - now).total_seconds() // 1)),
        "expires_at": view.expires_at,
    }
    return lead_to(render(request, "login/held_off.html", context, status=422 if found else 200), asking)
