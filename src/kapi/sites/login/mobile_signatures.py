"""`/giris/mobil-imza/`: signing in with a mobile signature, which a telephone gives after its PIN."""

import secrets
from typing import Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from kapi.contexts.identity import services as identity
from kapi.contexts.identity.errors import (
    AnotherPerson,
    CertificateRefused,
    HolderWithoutAccount,
    MobileSignatureOver,
    NoPasswordYet,
    RevocationUnknown,
    SessionOver,
    SignerUnavailable,
    TooManyAttempts,
)
from kapi.contexts.identity.values import CertificateFault, MobileState, MobileView
from kapi.contexts.openid.values.authorization import PendingRequest
from kapi.kernel.actors import NOBODY
from kapi.kernel.contacts import MobileNumber
from kapi.kernel.errors import InvalidValue
from kapi.kernel.identifiers import IdentityNumber
from kapi.sites.login import cookies, mistakes
from kapi.sites.login.asking import find_asking, lead_to, shown_of
from kapi.sites.login.certificates import going_to, refusal_words
from kapi.sites.login.destinations import Destination, destination_of
from kapi.sites.login.mistakes import NONE_MADE, Mistake, Mistakes
from kapi.sites.login.sign_in import another_person, end_former_session, too_many, welcome
from kapi.sites.ui.address import address_of
from kapi.sites.ui.session import signed_in

_MOST_TYPED: Final = 40


def mobile_signatures_are_possible() -> bool:
    """Whether there is a supplier, and an issuer that vouches for its telephones."""
    return bool(settings.MOBILE_SIGNER) and settings.CERTIFICATES.vouch_for_telephones


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Ask for identity number and telephone, and have the telephone ask for the PIN."""
    _needs_a_supplier()
    destination = destination_of(request)
    if request.method == "POST":
        return _try_to_start(request, destination)
    person = signed_in(request)
    if person is not None and (not destination.is_again or person.must_change_password):
        return HttpResponseRedirect(destination.after_sign_in(must_change_password=person.must_change_password))
    return _form_page(request, destination)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def wait(request: HttpRequest, signature_id: str) -> HttpResponse:
    """Show what the telephone shows, and how it stands; a form goes on once it was signed.

    The page does not load itself anew: whoever reads it with a screen reader or slowly would lose their place (WCAG
    2.2.1, F41). A button asks, with or without scripts.
    """
    _needs_a_supplier()
    destination = destination_of(request)
    browser, now = cookies.browser_token(request), timezone.now()
    try:
        view = identity.look_at_mobile_signature(signature_id=signature_id, browser=browser, actor=NOBODY, now=now)
    except MobileSignatureOver:
        return HttpResponseRedirect(destination.mobile_url())
    if request.method == "POST" and view.state is MobileState.SIGNED:
        return _try_to_finish(request, destination, signature_id)
    return _wait_page(request, destination, signature_id, view)


@never_cache
@require_POST
def cancel(request: HttpRequest, signature_id: str) -> HttpResponse:
    """Wait no longer, and go back to where one chooses how to sign in."""
    _needs_a_supplier()
    destination = destination_of(request)
    try:
        identity.cancel_mobile_signature(
            signature_id=signature_id, browser=cookies.browser_token(request), actor=NOBODY, now=timezone.now()
        )
    except MobileSignatureOver:
        return HttpResponseRedirect(destination.mobile_url())
    return HttpResponseRedirect(destination.sign_in_url)


def _needs_a_supplier() -> None:
    if not mobile_signatures_are_possible():
        raise Http404


def _try_to_start(request: HttpRequest, destination: Destination) -> HttpResponse:
    typed_number, typed_phone = request.POST.get("identity_number", ""), request.POST.get("phone", "")
    found: list[Mistake] = []
    try:
        number = IdentityNumber.parse(typed_number)
    except InvalidValue as refusal:
        found.append(mistakes.of_identity_number(refusal, typed_number))
    try:
        phone = MobileNumber.parse(typed_phone)
    except InvalidValue as refusal:
        found.append(mistakes.of_phone(refusal, typed_phone))
    if found:
        return _form_page(request, destination, Mistakes(found))
    browser, person = cookies.browser_token(request) or secrets.token_urlsafe(32), signed_in(request)
    is_again, now = destination.is_again and person is not None, timezone.now()
    try:
        signature_id = identity.start_mobile_signature(
            identity_number=number,
            number=phone,
            going_to=going_to(find_asking(request, destination)),
            browser=browser,
            session_id=person.session_id if person and is_again else None,
            address=address_of(request),
            actor=person.actor if person and is_again else NOBODY,
            now=now,
        )
    except SignerUnavailable:
        words = _("Mobile signatures do not work at the moment. Try again in a few minutes, or sign in in another way.")
        return _form_page(request, destination, Mistakes([Mistake("phone", words)]))
    except SessionOver:
        return HttpResponseRedirect(destination.sign_in_url)
    except TooManyAttempts as refusal:
        return too_many(request, destination, refusal.retry_after, now)
    response = HttpResponseRedirect(destination.mobile_url(signature_id))
    cookies.keep_browser(response, browser)
    return response


def _try_to_finish(request: HttpRequest, destination: Destination, signature_id: str) -> HttpResponse:
    now, browser = timezone.now(), cookies.browser_token(request)
    try:
        started = identity.finish_with_mobile_signature(
            signature_id=signature_id,
            browser=browser,
            address=address_of(request),
            device_token=cookies.device_token(request),
            user_agent=request.headers.get("User-Agent", ""),
            actor=NOBODY,
            now=now,
        )
    except RevocationUnknown as refusal:
        view = identity.look_at_mobile_signature(signature_id=signature_id, browser=browser, actor=NOBODY, now=now)
        found = Mistakes([Mistake("go_on", refusal_words(refusal))])
        return _wait_page(request, destination, signature_id, view, found)
    except (CertificateRefused, HolderWithoutAccount, NoPasswordYet) as refusal:
        return _form_page(request, destination, Mistakes([Mistake("phone", _why(refusal))]))
    except AnotherPerson:
        if signed_in(request) is not None:
            return another_person(request, destination)
        words = _("The signature is not by the person whose identity number you wrote. Check number and telephone.")
        return _form_page(request, destination, Mistakes([Mistake("phone", words)]))
    except (MobileSignatureOver, SessionOver):
        return HttpResponseRedirect(destination.mobile_url())
    end_former_session(request, started, now)
    return welcome(destination, started)


def _why(refusal: CertificateRefused | HolderWithoutAccount | NoPasswordYet) -> str:
    """Say why; the holder of a telephone cannot mend how its supplier signs."""
    known = (CertificateFault.REVOKED, CertificateFault.VALIDITY)
    if isinstance(refusal, CertificateRefused) and refusal.fault not in known:
        return _over(MobileState.FAILED)
    return refusal_words(refusal)


def _form_page(request: HttpRequest, destination: Destination, found: Mistakes = NONE_MADE) -> HttpResponse:
    asking = find_asking(request, destination)
    context = _context(request, destination, asking, found) | {
        "identity_number": request.POST.get("identity_number", "")[:_MOST_TYPED],
        "phone": request.POST.get("phone", "")[:_MOST_TYPED],
    }
    return lead_to(render(request, "login/mobile_signature.html", context, status=422 if found else 200), asking)


def _wait_page(
    request: HttpRequest, destination: Destination, signature_id: str, view: MobileView, found: Mistakes = NONE_MADE
) -> HttpResponse:
    asking = find_asking(request, destination)
    is_waiting = view.state in (MobileState.ASKED, MobileState.PENDING)
    context = _context(request, destination, asking, found) | {
        "code": view.code,
        "ends_at": view.expires_at,
        "is_waiting": is_waiting,
        "is_signed": view.state is MobileState.SIGNED,
        "was_asked": request.method == "POST" and is_waiting,
        "over": "" if is_waiting else _over(view.state),
        "wait_url": destination.mobile_url(signature_id),
        "cancel_url": destination.mobile_cancel_url(signature_id),
    }
    response = render(request, "login/mobile_signature_wait.html", context, status=422 if found else 200)
    return lead_to(response, asking)


def _context(
    request: HttpRequest, destination: Destination, asking: PendingRequest | None, found: Mistakes
) -> dict[str, object]:
    return {
        "mistakes": found,
        "destination": destination,
        "asking": shown_of(asking),
        "is_asked_again": destination.is_again and signed_in(request) is not None,
    }


def _over(state: MobileState) -> str:
    words = {
        MobileState.REFUSED: _(
            "The signature was refused on the telephone, and nobody got in. The owner of the number finds it in their "
            "history."
        ),
        MobileState.EXPIRED: _("Nobody has answered on the telephone in time. Keep it at hand and try again."),
        MobileState.UNKNOWN_NUMBER: _(
            "There is no mobile signature at this number. Check the number; mobile signatures are given by telephone "
            "operators."
        ),
        MobileState.CANCELLED: _("You have cancelled the signature."),
    }
    return words.get(state) or _("Something went wrong with the signature. Try again, or sign in in another way.")
