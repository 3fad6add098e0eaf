"""`/giris/`: signing in with identity number and password."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kapi.contexts.identity import services as identity
from kapi.contexts.identity.errors import (
    AnotherPerson,
    NoPasswordYet,
    SealedCodeSpent,
    SecondStepNeeded,
    SessionOver,
    SignInHeldOff,
    SignInRefused,
    TooManyAttempts,
)
from kapi.contexts.identity.values import PHISHING_RESISTANT, AssuranceLevel, EndReason, SignedIn, StartedSession
from kapi.contexts.openid.values.authorization import PendingRequest
from kapi.kernel.actors import NOBODY
from kapi.kernel.errors import InvalidValue
from kapi.kernel.identifiers import IdentityNumber
from kapi.sites.login import cookies, mistakes
from kapi.sites.login.asking import find_asking, lead_to, shown_of
from kapi.sites.login.destinations import Destination, destination_of
from kapi.sites.login.mistakes import NONE_MADE, Mistake, Mistakes
from kapi.sites.ui.address import address_of
from kapi.sites.ui.session import signed_in

# Longer than any number people type with blanks; a longer text is not shown again.
_MOST_TYPED = 40


@dataclass(frozen=True)
class _Form:
    """What was sent; the password is never shown again."""

    typed_number: str
    number: IdentityNumber | None
    password: str
    mistakes: Mistakes


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for number and password; go on to where one was going.

    Who is signed in goes on at once, unless the address asks them to prove once more that it is them (an institution
    may demand it): then the same session goes on, so that nobody is signed out elsewhere.
    """
    destination = destination_of(request)
    if request.method == "POST":
        try:
            return _try_to_sign_in(request, destination)
        except SecondStepNeeded as needed:
            return _lead_on(destination.second_step_url, needed)
        except SignInHeldOff as held:
            return _lead_on(destination.held_off_url, held)
    person = signed_in(request)
    if person is not None and (not destination.is_again or person.must_change_password):
        return HttpResponseRedirect(destination.after_sign_in(must_change_password=person.must_change_password))
    return page(request, destination)


def _try_to_sign_in(request: HttpRequest, destination: Destination) -> HttpResponse:
    form = _read(request)
    if form.number is None or form.mistakes:
        return _form_page(request, destination, form)
    now = timezone.now()
    person = signed_in(request) if destination.is_again else None
    try:
        started = _prove_again(request, form, person, now) if person else _open_session(request, form, now)
    except AnotherPerson:
        return another_person(request, destination)
    except (NoPasswordYet, SessionOver):  # the session changed meanwhile: the page knows what is to be done now
        return HttpResponseRedirect(destination.sign_in_url)
    except SignInHeldOff:
        raise  # a refusal that leads on
    except (SignInRefused, SealedCodeSpent) as refusal:
        return _refusal(request, destination, form, refusal)
    except TooManyAttempts as refusal:
        return too_many(request, destination, refusal.retry_after, now)
    return welcome(destination, started)


def _lead_on(url: str, waits: SecondStepNeeded | SignInHeldOff) -> HttpResponse:
    response = HttpResponseRedirect(url)
    cookies.keep_begun(response, waits.token, waits.expires_at)
    return response


def _open_session(request: HttpRequest, form: _Form, now: datetime) -> StartedSession:
    started = identity.sign_in_with_password(actor=NOBODY, now=now, **_shown(request, form))
    end_former_session(request, started, now)
    return started


def _prove_again(request: HttpRequest, form: _Form, person: SignedIn, now: datetime) -> StartedSession:
    return identity.reauthenticate(session_id=person.session_id, actor=person.actor, now=now, **_shown(request, form))


def _shown(request: HttpRequest, form: _Form) -> dict[str, Any]:
    """Return what identity wants to see of whoever knocks."""
    return {
        "identity_number": form.number,
        "password": form.password,
        "address": address_of(request),
        "device_token": cookies.device_token(request),
        "user_agent": request.headers.get("User-Agent", ""),
    }


def _read(request: HttpRequest) -> _Form:
    typed, password = request.POST.get("identity_number", ""), request.POST.get("password", "")
    found: list[Mistake] = []
    number = None
    try:
        number = IdentityNumber.parse(typed)
    except InvalidValue as refusal:
        found.append(mistakes.of_identity_number(refusal, typed))
    if not password:
        found.append(Mistake("password", _("Enter your password.")))
    return _Form(typed if len(typed) <= _MOST_TYPED else "", number, password, Mistakes(found))


def _refusal(
    request: HttpRequest, destination: Destination, form: _Form, refusal: SignInRefused | SealedCodeSpent
) -> HttpResponse:
    """Say it beside the password; one text for every reason but the holder's own, so that nobody learns more."""
    if isinstance(refusal, SealedCodeSpent):
        words = _("This sealed code was used before or is too old. A desk gives you a new one.")
    else:
        words = _(
            "The identity number or the password is not right, or this account cannot sign in now. "
            "Check both and try again."
        )
    mistaken = Mistakes([Mistake("password", words)])
    return _form_page(request, destination, _Form(form.typed_number, form.number, "", mistaken))


def end_former_session(request: HttpRequest, started: StartedSession, now: datetime) -> None:
    """End what this browser had open: its cookie is about to be replaced, and a session without one helps nobody."""
    former = signed_in(request)
    if former is not None and former.session_id != started.signed_in.session_id:
        identity.end_session(session_id=former.session_id, reason=EndReason.REPLACED, actor=former.actor, now=now)


def _is_more_wanted(asking: PendingRequest | None, person: SignedIn | None) -> bool:
    """Whether an institution waits that wants a stronger proof than a password, or than there is."""
    if asking is None or not asking.wanted_acrs:
        return False
    if person is None:
        return AssuranceLevel.LOW not in asking.wanted_acrs
    return person.find_assurance(asking.wanted_acrs) is None


def _is_highest_wanted(asking: PendingRequest | None) -> bool:
    """Whether nothing but the highest rung will do, which no passkey reaches."""
    wanted = set(asking.wanted_acrs) if asking else set()
    return AssuranceLevel.HIGH in wanted and not wanted & {
        AssuranceLevel.SUBSTANTIAL,
        AssuranceLevel.LOW,
        PHISHING_RESISTANT,
    }


def welcome(destination: Destination, started: StartedSession) -> HttpResponse:
    """Give the browser its cookies and lead on."""
    url = destination.after_sign_in(must_change_password=started.signed_in.must_change_password)
    response = HttpResponseRedirect(url)
    cookies.keep_session(response, started.token)
    cookies.keep_device(response, started.device_token)
    return response


def _form_page(request: HttpRequest, destination: Destination, form: _Form) -> HttpResponse:
    return page(request, destination, form.mistakes, typed_number=form.typed_number)


def page(
    request: HttpRequest, destination: Destination, found: Mistakes = NONE_MADE, *, typed_number: str = ""
) -> HttpResponse:
    """Show the page, with what went wrong if something did; also for the other ways to sign in."""
    asking, person = find_asking(request, destination), signed_in(request)
    context = {
        "mistakes": found,
        "identity_number": typed_number,
        "destination": destination,
        "asking": shown_of(asking),
        "was_signed_in": bool(cookies.session_token(request)) and person is None and not found,
        "is_asked_again": destination.is_again and person is not None,
        "is_more_wanted": _is_more_wanted(asking, person),
        "is_highest_wanted": _is_highest_wanted(asking),
        "passkeys_are_possible": settings.PASSKEYS.is_possible,
        "certificates_are_possible": settings.CERTIFICATES.are_possible,
        "mobile_signatures_are_possible": bool(settings.MOBILE_SIGNER) and settings.CERTIFICATES.vouch_for_telephones,
    }
    return lead_to(render(request, "login/sign_in.html", context, status=422 if found else 200), asking)


def another_person(request: HttpRequest, destination: Destination) -> HttpResponse:
    """Say that these are somebody else's number and password: two people never share a session."""
    asking = find_asking(request, destination)
    context = {"destination": destination, "asking": shown_of(asking)}
    return lead_to(render(request, "login/another_person.html", context, status=422), asking)


def too_many(request: HttpRequest, destination: Destination, retry_after: timedelta, now: datetime) -> HttpResponse:
    """Say when further tries are heard."""
    asking = find_asking(request, destination)
    seconds = max(1, round(retry_after.total_seconds()))
    context = {
        "destination": destination,
        "again_at": now + timedelta(seconds=seconds),
        "minutes": -(-seconds // 60),
        "asking": shown_of(asking),
    }
    response = lead_to(render(request, "login/too_many_attempts.html", context, status=429), asking)
    response["Retry-After"] = str(seconds)
    return response
