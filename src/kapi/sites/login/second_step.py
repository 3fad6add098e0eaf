"""`/giris/ikinci-adim/`: the second step of signing in, a code of an app or a recovery code."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kapi.contexts.identity import selectors
from kapi.contexts.identity import services as identity
from kapi.contexts.identity.errors import CodeRefused, SecondStepOver, SessionOver, TooManyAttempts
from kapi.contexts.identity.values import BegunView, StartedSession
from kapi.kernel.actors import NOBODY
from kapi.sites.login import cookies
from kapi.sites.login.asking import find_asking, lead_to, shown_of
from kapi.sites.login.destinations import RECOVERY, Destination, destination_of
from kapi.sites.login.mistakes import NONE_MADE, Mistake, Mistakes
from kapi.sites.login.sign_in import end_former_session, too_many, welcome
from kapi.sites.ui.address import address_of

_MOST_TYPED = 100


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """Ask who has given the right password for a code; go on to where they were going."""
    destination, now = destination_of(request), timezone.now()
    begun = selectors.find_begun_sign_in(token=cookies.begun_token(request), now=now)
    if begun is None or not (begun.has_totp or begun.has_recovery_codes):
        return _begin_again(destination)
    by_recovery_code = begun.has_recovery_codes and (not begun.has_totp or RECOVERY in request.GET)
    if request.method != "POST":
        return _page(request, destination, begun, by_recovery_code=by_recovery_code)
    return _try(request, destination, begun, by_recovery_code=by_recovery_code)


def _try(request: HttpRequest, destination: Destination, begun: BegunView, *, by_recovery_code: bool) -> HttpResponse:
    code, now = request.POST.get("code", "")[:_MOST_TYPED], timezone.now()
    if not code.strip():
        mistaken = Mistakes([Mistake("code", _("Enter the code."))])
        return _page(request, destination, begun, mistaken, by_recovery_code=by_recovery_code)
    try:
        started = _finish(request, code, now, by_recovery_code=by_recovery_code)
    except (SecondStepOver, SessionOver):
        return _begin_again(destination)
    except CodeRefused:
        return _page(
            request, destination, begun, _refused(by_recovery_code=by_recovery_code), by_recovery_code=by_recovery_code
        )
    except TooManyAttempts as refusal:
        return too_many(request, destination, refusal.retry_after, now)
    end_former_session(request, started, now)
    response = welcome(destination, started)
    cookies.forget_begun(response)
    return response


def _finish(request: HttpRequest, code: str, now: datetime, *, by_recovery_code: bool) -> StartedSession:
    shown: dict[str, Any] = {
        "token": cookies.begun_token(request),
        "code": code,
        "address": address_of(request),
        "device_token": cookies.device_token(request),
        "user_agent": request.headers.get("User-Agent", ""),
    }
    finish = identity.finish_with_recovery_code if by_recovery_code else identity.finish_with_totp
    return finish(**shown, actor=NOBODY, now=now)


def _refused(*, by_recovery_code: bool) -> Mistakes:
    if by_recovery_code:
        words = _("This is none of your recovery codes, or it was used before. Compare it with your list.")
    else:
        words = _("This code is not right, or it was used before. Wait until your app shows the next one.")
    return Mistakes([Mistake("code", words)])


def _begin_again(destination: Destination) -> HttpResponse:
    response = HttpResponseRedirect(destination.sign_in_url)
    cookies.forget_begun(response)
    return response


def _page(
    request: HttpRequest,
    destination: Destination,
    begun: BegunView,
    found: Mistakes = NONE_MADE,
    *,
    by_recovery_code: bool,
) -> HttpResponse:
    asking = find_asking(request, destination)
    context = {
        "mistakes": found,
        "destination": destination,
        "asking": shown_of(asking),
        "begun": begun,
        "by_recovery_code": by_recovery_code,
    }
    return lead_to(render(request, "login/second_step.html", context, status=422 if found else 200), asking)
