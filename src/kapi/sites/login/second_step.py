"""`/giris/ikinci-adim/`: the second step of signing in; people choose among the ways that they have."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
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
from kapi.contexts.identity.errors import (
    CodeRefused,
    ContactNotFound,
    SecondStepOver,
    SessionOver,
    TooManyAttempts,
    TooManyCodes,
)
from kapi.contexts.identity.values import AuthenticatorId, BegunView, ContactKind, StartedSession
from kapi.kernel.actors import NOBODY
from kapi.sites.login import cookies
from kapi.sites.login.asking import find_asking, lead_to, shown_of
from kapi.sites.login.contacts import Waiting, refusal_words, waiting_of
from kapi.sites.login.destinations import RECOVERY, WAY, Destination, destination_of
from kapi.sites.login.mistakes import NONE_MADE, Mistake, Mistakes
from kapi.sites.login.sign_in import end_former_session, too_many, welcome
from kapi.sites.ui.address import address_of

_MOST_TYPED: Final = 100


class Way(StrEnum):
    """How the second step is done."""

    APP = "app"
    SMS = "sms"
    EMAIL = "email"
    RECOVERY = "recovery"


@dataclass(frozen=True)
class Choice:
    """One of the ways that this person has; `url` leads to it. `masked` is where a code is sent."""

    way: Way
    url: str
    authenticator_id: AuthenticatorId | None = None
    masked: str = ""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def second_step(request: HttpRequest) -> HttpResponse:
    """Ask who has given the right password for a code; go on to where they were going.

    `send` has a code sent, `code` is the one that was typed.
    """
    destination, now = destination_of(request), timezone.now()
    begun = selectors.find_begun_sign_in(token=cookies.begun_token(request), now=now)
    choices = _choices(begun, destination) if begun else ()
    if not choices:
        return _begin_again(destination)
    chosen = _chosen(request, choices)
    if request.method != "POST":
        return _page(request, destination, choices, chosen)
    if chosen.authenticator_id is not None and "send" in request.POST:
        return _send(request, destination, choices, chosen, now)
    return _try(request, destination, choices, chosen, now)


def _choices(begun: BegunView, destination: Destination) -> tuple[Choice, ...]:
    """Return what this person can choose among, what is shown first first."""
    found = [Choice(Way.APP, destination.second_step_url)] if begun.has_totp else []
    for step in begun.by_contact:
        way = Way.SMS if step.kind is ContactKind.PHONE else Way.EMAIL
        url = destination.sent_code_url(step.authenticator_id)
        found.append(Choice(way, url, step.authenticator_id, step.masked))
    if begun.has_recovery_codes:
        found.append(Choice(Way.RECOVERY, destination.recovery_code_url))
    return tuple(sorted(found, key=lambda choice: list(Way).index(choice.way)))


def _chosen(request: HttpRequest, choices: tuple[Choice, ...]) -> Choice:
    wanted = request.GET.get(WAY, "")
    by_recovery_code = RECOVERY in request.GET
    for choice in choices:
        if (by_recovery_code and choice.way is Way.RECOVERY) or (wanted and wanted == str(choice.authenticator_id)):
            return choice
    return choices[0]


def _shown(request: HttpRequest) -> dict[str, Any]:
    """Return what identity wants to see of whoever is at the second step."""
    return {
        "token": cookies.begun_token(request),
        "address": address_of(request),
        "device_token": cookies.device_token(request),
        "user_agent": request.headers.get("User-Agent", ""),
    }


def _send(
    request: HttpRequest, destination: Destination, choices: tuple[Choice, ...], chosen: Choice, now: datetime
) -> HttpResponse:
    authenticator_id = chosen.authenticator_id or AuthenticatorId(0)
    try:
        identity.send_second_step_code(**_shown(request), authenticator_id=authenticator_id, actor=NOBODY, now=now)
    except TooManyCodes as refusal:
        return _page(request, destination, choices, chosen, Mistakes([Mistake("send", refusal_words(refusal))]))
    except (SecondStepOver, ContactNotFound):
        return _begin_again(destination)
    return HttpResponseRedirect(chosen.url)


def _try(
    request: HttpRequest, destination: Destination, choices: tuple[Choice, ...], chosen: Choice, now: datetime
) -> HttpResponse:
    code = request.POST.get("code", "")[:_MOST_TYPED]
    if not code.strip():
        return _page(request, destination, choices, chosen, Mistakes([Mistake("code", _("Enter the code."))]))
    try:
        started = _finish(request, chosen, code, now)
    except (SecondStepOver, SessionOver, ContactNotFound):
        return _begin_again(destination)
    except CodeRefused:
        return _page(request, destination, choices, chosen, Mistakes([Mistake("code", _refused(chosen.way))]))
    except TooManyAttempts as refusal:
        return too_many(request, destination, refusal.retry_after, now)
    end_former_session(request, started, now)
    response = welcome(destination, started)
    cookies.forget_begun(response)
    return response


def _finish(request: HttpRequest, chosen: Choice, code: str, now: datetime) -> StartedSession:
    shown = _shown(request) | {"code": code}
    if chosen.authenticator_id is not None:
        return identity.finish_with_sent_code(**shown, authenticator_id=chosen.authenticator_id, actor=NOBODY, now=now)
    finish = identity.finish_with_recovery_code if chosen.way is Way.RECOVERY else identity.finish_with_totp
    return finish(**shown, actor=NOBODY, now=now)


def _refused(way: Way) -> str:
    if way is Way.RECOVERY:
        return _("This is none of your recovery codes, or it was used before. Compare it with your list.")
    if way is Way.APP:
        return _("This code is not right, or it was used before. Wait until your app shows the next one.")
    return _("This is not the code that was sent last, or it is over. Compare the digits, or have another sent.")


def _begin_again(destination: Destination) -> HttpResponse:
    response = HttpResponseRedirect(destination.sign_in_url)
    cookies.forget_begun(response)
    return response


def _page(
    request: HttpRequest,
    destination: Destination,
    choices: tuple[Choice, ...],
    chosen: Choice,
    found: Mistakes = NONE_MADE,
) -> HttpResponse:
    asking, waiting = find_asking(request, destination), _waiting(request, chosen)
    if chosen.authenticator_id is not None and waiting is None and found and not found.at("send"):
        # The code is over, so the page has no field for one: what can be done is to have another one sent.
        found = Mistakes(Mistake("send", mistake.text) for mistake in found)
    context = {
        "mistakes": found,
        "destination": destination,
        "asking": shown_of(asking),
        "chosen": chosen,
        "others": tuple(choice for choice in choices if choice != chosen),
        "waiting": waiting,
        "is_demo": settings.DEMO,
    }
    return lead_to(render(request, "login/second_step.html", context, status=422 if found else 200), asking)


def _waiting(request: HttpRequest, chosen: Choice) -> Waiting | None:
    """Return how far the code is that was sent, if one can be entered."""
    if chosen.authenticator_id is None:
        return None
    now = timezone.now()
    view = selectors.find_second_step_code(
        token=cookies.begun_token(request),
        authenticator_id=chosen.authenticator_id,
        address=address_of(request),
        device_token=cookies.device_token(request),
        now=now,
    )
    return waiting_of(view, now) if view else None
