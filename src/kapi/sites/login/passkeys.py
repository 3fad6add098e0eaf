"""`/giris/gecis-anahtari/`: signing in with a passkey, and what browsers need for showing or making one."""

import secrets
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from kapi.contexts.identity import selectors
from kapi.contexts.identity import services as identity
from kapi.contexts.identity.errors import AnotherPerson, PasskeyRefused, SessionOver, TooManyAttempts
from kapi.contexts.identity.values import PasskeyFault, StartedSession
from kapi.kernel.actors import NOBODY
from kapi.sites.login import cookies
from kapi.sites.login.destinations import Destination, destination_of
from kapi.sites.login.mistakes import Mistake, Mistakes
from kapi.sites.login.people import person_of
from kapi.sites.login.sign_in import another_person, end_former_session, page, too_many, welcome
from kapi.sites.ui.address import address_of
from kapi.sites.ui.session import require_sign_in, signed_in


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Take a passkey, and go on to where one was going; without one the sign-in page says what else there is.

    Who is signed in and asked to prove once more that it is them stays in the same session.
    """
    destination = destination_of(request)
    if request.method != "POST":
        return HttpResponseRedirect(destination.sign_in_url)
    now = timezone.now()
    try:
        started = _prove(request, destination)
    except PasskeyRefused as refusal:
        return page(request, destination, Mistakes([Mistake("passkey", refusal_words(refusal.fault))]))
    except AnotherPerson:
        return another_person(request, destination)
    except SessionOver:
        return HttpResponseRedirect(destination.sign_in_url)
    except TooManyAttempts as refusal:
        return too_many(request, destination, refusal.retry_after, now)
    return welcome(destination, started)


@never_cache
@require_safe
def proof_options(request: HttpRequest) -> HttpResponseBase:
    """Answer what the browser needs to show a passkey, with a challenge for this browser alone."""
    browser = _browser_of(request)
    return _answer(selectors.options_for_passkey_proof(browser=browser, now=timezone.now()), browser)


@never_cache
@require_safe
@require_sign_in
def creation_options(request: HttpRequest) -> HttpResponseBase:
    """Answer what the browser needs to make a passkey for whoever is signed in."""
    browser = _browser_of(request)
    try:
        options = selectors.options_for_new_passkey(
            session_id=person_of(request).session_id, browser=browser, now=timezone.now()
        )
    except SessionOver:
        raise Http404 from None
    return _answer(options, browser)


def refusal_words(fault: PasskeyFault) -> str:
    """Say why a passkey is not accepted, as far as it helps who holds it."""
    words = {
        PasskeyFault.CHALLENGE: _("The passkey was used too late, or twice. Try again."),
        PasskeyFault.UNKNOWN: _("This passkey does not belong to any account here. It may have been removed."),
        PasskeyFault.UNVERIFIED: _(
            "Your device did not check that it is you. Set a PIN, fingerprint or face for it and try again."
        ),
        PasskeyFault.COPIED: _(
            "There may be a copy of this passkey, so it is not accepted. Sign in in another way and remove it."
        ),
        PasskeyFault.KNOWN: _("This passkey has been added already."),
    }
    return words.get(fault) or _("The passkey was not accepted. Try again, or go on without it.")


def _prove(request: HttpRequest, destination: Destination) -> StartedSession:
    now = timezone.now()
    shown: dict[str, Any] = {
        "response": request.POST.get("passkey", ""),
        "browser": cookies.browser_token(request),
        "address": address_of(request),
        "device_token": cookies.device_token(request),
        "user_agent": request.headers.get("User-Agent", ""),
    }
    person = signed_in(request) if destination.is_again else None
    if person is not None:
        return identity.reauthenticate_with_passkey(session_id=person.session_id, actor=person.actor, now=now, **shown)
    started = identity.sign_in_with_passkey(actor=NOBODY, now=now, **shown)
    end_former_session(request, started, now)
    return started


def _browser_of(request: HttpRequest) -> str:
    return cookies.browser_token(request) or secrets.token_urlsafe(32)


def _answer(options: dict[str, Any], browser: str) -> JsonResponse:
    response = JsonResponse(options)
    cookies.keep_browser(response, browser)
    return response
