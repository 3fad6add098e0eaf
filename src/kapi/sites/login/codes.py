"""`/hesabim/giris-yontemleri/`: `uygulama/`, an app with codes, and `kurtarma-kodlari/`, printed recovery codes."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

import segno
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from markupsafe import Markup

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import (
    CodeRefused,
    NameRefused,
    NothingToRecover,
    ProveAgain,
    SessionOver,
    SetupOver,
    StillCoolingOff,
    StrongerProofNeeded,
    TooManyAttempts,
    TooManyAuthenticators,
)
from kapi.contexts.identity.values import TotpSetup
from kapi.sites.login import cookies
from kapi.sites.login.destinations import Destination, destination_of
from kapi.sites.login.mistakes import NONE_MADE, Mistake, Mistakes
from kapi.sites.login.people import person_of
from kapi.sites.ui.links import page_url
from kapi.sites.ui.session import require_sign_in
from kapi.sites.ui.words import moment

_MOST_TYPED = 100
_MOST_SEALED = 1000
_GROUP = 4
_Rest = ParamSpec("_Rest")
_View = Callable[Concatenate[HttpRequest, _Rest], HttpResponse]


def lead_to_proof(view: _View[_Rest]) -> _View[_Rest]:
    """Let people prove once more that it is them, if they have not lately or not as well as they can; and come back."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: _Rest.args, **kwargs: _Rest.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (ProveAgain, StrongerProofNeeded, SessionOver):
            return HttpResponseRedirect(Destination(request.get_full_path(), is_again=True).sign_in_url)

    return guarded


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require_sign_in
@lead_to_proof
def totp(request: HttpRequest) -> HttpResponse:
    """Show a fresh secret as QR code and as text; add the app once it has shown its first code."""
    person, now = person_of(request), timezone.now()
    sealed = request.POST.get("sealed", "")[:_MOST_SEALED]
    name, code = request.POST.get("name", ""), request.POST.get("code", "")[:_MOST_TYPED]
    try:
        if request.method != "POST":
            setup = services.prepare_totp(session_id=person.session_id, actor=person.actor, now=now)
            return _totp_page(request, setup, _("My app"))
        renewed = services.add_totp(
            session_id=person.session_id,
            sealed=sealed,
            code=code,
            name=None if name == _("My app") else name,  # as the form had it: nobody has named it
            actor=person.actor,
            now=now,
        )
    except (CodeRefused, NameRefused, TooManyAttempts) as refusal:
        setup = services.resume_totp(session_id=person.session_id, sealed=sealed, actor=person.actor, now=now)
        return _totp_page(request, setup, name[:_MOST_TYPED], Mistakes([_mistake_of(refusal)]))
    except TooManyAuthenticators:
        return render(request, "login/totp.html", {"is_full": True, "mistakes": NONE_MADE}, status=409)
    except SetupOver:
        setup = services.prepare_totp(session_id=person.session_id, actor=person.actor, now=now)
        words = _("This page was open for too long, so the key on it is no longer good. Scan the new one below.")
        return _totp_page(request, setup, name[:_MOST_TYPED], Mistakes([Mistake("code", words)]))
    done = page_url("login", "authenticators", query={"tamam": "uygulama"})
    response = HttpResponseRedirect(destination_of(request).url or done)
    cookies.keep_session(response, renewed.token)
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require_sign_in
@lead_to_proof
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """Say what recovery codes are; make them, and show them this once."""
    person, now = person_of(request), timezone.now()
    left = selectors.recovery_codes_left(person_id=person.person_id)
    if request.method != "POST":
        return render(request, "login/recovery_codes.html", {"left": left, "refused": ""})
    try:
        made = services.make_recovery_codes(session_id=person.session_id, actor=person.actor, now=now)
    except (NothingToRecover, StillCoolingOff, TooManyAuthenticators) as refusal:
        context = {"left": left, "refused": _words_of(refusal)}
        return render(request, "login/recovery_codes.html", context, status=409)
    return render(request, "login/recovery_codes_made.html", {"codes": made.codes, "made_at": made.made_at})


def qr_code(text: str, title: str) -> Markup:
    """Draw a QR code as an SVG that stands in the page itself: no style, no script, no other address."""
    drawn = segno.make(text, error="m", micro=False)
    svg = drawn.svg_inline(
        scale=5, border=4, dark="#000", light="#fff", title=title, svgclass="kapi-qr", omitsize=False
    )
    return Markup(svg.replace("<svg ", '<svg role="img" ', 1))  # noqa: S704 - drawn by the library from numbers


def _words_of(refusal: NothingToRecover | StillCoolingOff | TooManyAuthenticators) -> str:
    if isinstance(refusal, StillCoolingOff):
        words = _("Your account was recovered. Your former list cannot be replaced before %(moment)s.")
        return words % {"moment": moment(refusal.until)}
    if isinstance(refusal, TooManyAuthenticators):
        return _("You have as many ways to sign in as one account can have. Remove one first.")
    return _(
        "You have neither an app with one-time codes nor a passkey that these codes could stand in for. "
        "Add one of them first."
    )


def _mistake_of(refusal: CodeRefused | NameRefused | TooManyAttempts) -> Mistake:
    if isinstance(refusal, NameRefused):
        return Mistake("name", _("Give it a name of 1 to 60 letters, digits or signs."))
    if isinstance(refusal, CodeRefused):
        return Mistake("code", _("This is not the code that the app shows now. Check your telephone's clock."))
    minutes = -(-max(1, round(refusal.retry_after.total_seconds())) // 60)
    return Mistake("code", _("The code was wrong too often. Try again in %(n)s min.") % {"n": minutes})


def _totp_page(request: HttpRequest, setup: TotpSetup, name: str, found: Mistakes = NONE_MADE) -> HttpResponse:
    context = {
        "is_full": False,
        "mistakes": found,
        "qr": qr_code(setup.link, _("QR code to scan with your app")),
        "secret": " ".join(setup.secret[at : at + _GROUP] for at in range(0, len(setup.secret), _GROUP)),
        "link": setup.link,
        "sealed": setup.sealed,
        "name": name,
    }
    return render(request, "login/totp.html", context, status=422 if found else 200)
