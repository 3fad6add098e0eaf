"""`/giris/ilk-sifre/` and `/hesabim/sifre/`: choosing the first password, changing it."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kapi.contexts.identity import services as identity
from kapi.contexts.identity.errors import (
    NoPasswordYet,
    PasswordChosenAlready,
    PasswordRefused,
    SessionOver,
    StillCoolingOff,
    TooManyAttempts,
    WrongPassword,
)
from kapi.contexts.identity.selectors.cooling_off import cooling_off_of
from kapi.contexts.identity.values import RenewedSession
from kapi.sites.login import cookies, mistakes
from kapi.sites.login.asking import find_asking, lead_to
from kapi.sites.login.destinations import Destination, destination_of
from kapi.sites.login.mistakes import Mistake, Mistakes
from kapi.sites.login.people import person_of
from kapi.sites.ui.links import page_url
from kapi.sites.ui.session import SessionGone, require_session, require_sign_in, sign_in_url
from kapi.sites.ui.words import moment


@dataclass(frozen=True)
class _NewPassword:
    """What was sent. Nothing of it is ever shown again."""

    present: str
    new: str
    mistakes: Mistakes


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require_session
def first_password(request: HttpRequest) -> HttpResponse:
    """Ask for a password of one's own after the first sign-in with a sealed code; then go on."""
    destination, person = destination_of(request), person_of(request)
    if not person.must_change_password:
        return HttpResponseRedirect(destination.after_sign_in(must_change_password=False))
    if request.method != "POST":
        return _first_page(request, destination, Mistakes())
    form = _read(request, asks_present=False)
    if form.mistakes:
        return _first_page(request, destination, form.mistakes)
    try:
        renewed = identity.choose_first_password(
            session_id=person.session_id, new_password=form.new, actor=person.actor, now=timezone.now()
        )
    except PasswordRefused as refusal:
        return _first_page(request, destination, Mistakes([mistakes.of_new_password(refusal.fault)]))
    except PasswordChosenAlready:
        return HttpResponseRedirect(sign_in_url(request))
    except SessionOver as over:
        raise SessionGone from over
    return _go_on(destination.after_sign_in(must_change_password=False), renewed)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require_sign_in
def password(request: HttpRequest) -> HttpResponse:
    """Change the password: asks for the present one; all other sessions end."""
    if request.method != "POST":
        return _page(request, Mistakes())
    form = _read(request, asks_present=True)
    if form.mistakes:
        return _page(request, form.mistakes)
    person = person_of(request)
    try:
        renewed = identity.change_password(
            session_id=person.session_id,
            current_password=form.present,
            new_password=form.new,
            actor=person.actor,
            now=timezone.now(),
        )
    except (WrongPassword, PasswordRefused, StillCoolingOff, TooManyAttempts) as refusal:
        return _page(request, Mistakes([_mistake_of(refusal)]))
    except NoPasswordYet:
        return HttpResponseRedirect(sign_in_url(request))
    except SessionOver as over:
        raise SessionGone from over
    return _go_on(page_url("login", "password_changed"), renewed)


@never_cache
@require_http_methods(["GET", "HEAD"])
@require_sign_in
def password_changed(request: HttpRequest) -> HttpResponse:
    """Say that the password was changed and what else has happened."""
    return render(request, "login/password_changed.html")


def _read(request: HttpRequest, *, asks_present: bool) -> _NewPassword:
    present = request.POST.get("current_password", "")
    new, again = request.POST.get("new_password", ""), request.POST.get("new_password_again", "")
    found = []
    if asks_present and not present:
        found.append(Mistake("current_password", _("Enter your present password.")))
    if not new:
        found.append(Mistake("new_password", _("Enter a new password.")))
    elif new != again:
        found.append(Mistake("new_password_again", _("The two new passwords are not the same. Enter both again.")))
    return _NewPassword(present, new, Mistakes(found))


def _mistake_of(refusal: WrongPassword | PasswordRefused | StillCoolingOff | TooManyAttempts) -> Mistake:
    if isinstance(refusal, PasswordRefused):
        return mistakes.of_new_password(refusal.fault)
    if isinstance(refusal, WrongPassword):
        return Mistake("current_password", _("Your present password is not right."))
    if isinstance(refusal, StillCoolingOff):
        words = _(
            "Your account was recovered. The password cannot be changed before %(moment)s, except by who signs in with "
            "a passkey, an app, a telephone or a code by e-mail that was added before."
        )
        return Mistake("current_password", words % {"moment": moment(refusal.until)})
    minutes = -(-max(1, round(refusal.retry_after.total_seconds())) // 60)
    return Mistake(
        "current_password", _("The present password was wrong too often. Try again in %(n)s min.") % {"n": minutes}
    )


def _first_page(request: HttpRequest, destination: Destination, found: Mistakes) -> HttpResponse:
    context = {"mistakes": found, "destination": destination}
    page = render(request, "login/first_password.html", context, status=422 if found else 200)
    return lead_to(page, find_asking(request, destination))


def _page(request: HttpRequest, found: Mistakes) -> HttpResponse:
    cooling_off = cooling_off_of(person_id=person_of(request).person_id, now=timezone.now())
    context = {"mistakes": found, "cooling_off": cooling_off}
    return render(request, "login/password.html", context, status=422 if found else 200)


def _go_on(url: str, renewed: RenewedSession) -> HttpResponse:
    response = HttpResponseRedirect(url)
    cookies.keep_session(response, renewed.token)
    return response
