"""`/giris/sertifika/`: signing in with a certificate; `belge` is the statement that its holder signs."""

import secrets
from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from kapi.contexts.identity import selectors
from kapi.contexts.identity import services as identity
from kapi.contexts.identity.errors import (
    AnotherPerson,
    CertificateRefused,
    HolderWithoutAccount,
    NoPasswordYet,
    RevocationUnknown,
    SessionOver,
    TooManyAttempts,
)
from kapi.contexts.identity.values import CertificateFault, SignedStatement, StartedSession
from kapi.contexts.openid.values.authorization import PendingRequest
from kapi.kernel.actors import NOBODY
from kapi.sites.login import cookies
from kapi.sites.login.asking import find_asking, lead_to, shown_of
from kapi.sites.login.destinations import STATEMENT, Destination, destination_of
from kapi.sites.login.mistakes import NONE_MADE, Mistake, Mistakes
from kapi.sites.login.sign_in import another_person, end_former_session, too_many, welcome
from kapi.sites.ui.address import address_of
from kapi.sites.ui.session import signed_in
from kapi.sites.ui.uploads import MOST_KEPT

_LONGEST_HANDLE: Final = 200


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Hand out a statement, take the signature over it (a file, or pasted), and go on to where one was going."""
    if not settings.CERTIFICATES.are_possible:
        raise Http404
    destination = destination_of(request)
    asking = find_asking(request, destination)
    if request.method == "POST":
        return _try(request, destination, asking)
    person = signed_in(request)
    if person is not None and (not destination.is_again or person.must_change_password):
        return HttpResponseRedirect(destination.after_sign_in(must_change_password=person.must_change_password))
    browser, handle = cookies.browser_token(request), _handle(request)
    if browser and _is_good(browser, handle, asking):
        return _page(request, destination, asking, handle)
    return _begin(destination, asking, browser or secrets.token_urlsafe(32))


@never_cache
@require_safe
def statement(request: HttpRequest) -> HttpResponse:
    """Answer the statement as a file to be signed."""
    destination = destination_of(request)
    browser, asking = cookies.browser_token(request), find_asking(request, destination)
    try:
        document = selectors.statement_document(
            handle=_handle(request), browser=browser, going_to=going_to(asking), now=timezone.now()
        )
    except CertificateRefused:
        return HttpResponseRedirect(destination.certificate_url())
    response = HttpResponse(document, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="kapi-giris.txt"'
    return response


def _try(request: HttpRequest, destination: Destination, asking: PendingRequest | None) -> HttpResponse:
    now, signed = timezone.now(), _signed(request, asking)
    if not signed.signature.strip():
        found = Mistakes([Mistake("signature", _("Choose the file with your signature, or paste the signature."))])
        return _page(request, destination, asking, signed.handle, found)
    try:
        started = _prove(request, destination, signed)
    except (CertificateRefused, RevocationUnknown, HolderWithoutAccount, NoPasswordYet) as refusal:
        return _refused(request, destination, asking, signed.handle, refusal)
    except AnotherPerson:
        return another_person(request, destination)
    except SessionOver:
        return HttpResponseRedirect(destination.sign_in_url)
    except TooManyAttempts as refusal:
        return too_many(request, destination, refusal.retry_after, now)
    return welcome(destination, started)


def _prove(request: HttpRequest, destination: Destination, signed: SignedStatement) -> StartedSession:
    now = timezone.now()
    shown: dict[str, Any] = {
        "signed": signed,
        "address": address_of(request),
        "device_token": cookies.device_token(request),
        "user_agent": request.headers.get("User-Agent", ""),
    }
    person = signed_in(request) if destination.is_again else None
    if person is not None:
        return identity.reauthenticate_with_certificate(
            session_id=person.session_id, actor=person.actor, now=now, **shown
        )
    started = identity.sign_in_with_certificate(actor=NOBODY, now=now, **shown)
    end_former_session(request, started, now)
    return started


def _signed(request: HttpRequest, asking: PendingRequest | None) -> SignedStatement:
    sent = request.FILES.get("signature")
    pasted = request.POST.get("pasted", "")[:MOST_KEPT]
    return SignedStatement(
        signature=sent.read(MOST_KEPT) if sent else pasted.encode(),
        handle=_handle(request),
        going_to=going_to(asking),
        browser=cookies.browser_token(request),
    )


def _handle(request: HttpRequest) -> str:
    return request.GET.get(STATEMENT, "")[:_LONGEST_HANDLE]


def going_to(asking: PendingRequest | None) -> str:
    """Return what the statement calls the place; the same in each language of the page."""
    return str(asking.client_name.text("tr")) if asking else ""


def _is_good(browser: str, handle: str, asking: PendingRequest | None) -> bool:
    try:
        selectors.statement_document(handle=handle, browser=browser, going_to=going_to(asking), now=timezone.now())
    except CertificateRefused:
        return False
    return True


def _begin(destination: Destination, asking: PendingRequest | None, browser: str) -> HttpResponse:
    """Lead to the page with a fresh statement, whose handle stands in the address: loading it anew changes nothing."""
    handle = selectors.new_statement(browser=browser, going_to=going_to(asking), now=timezone.now())
    response = HttpResponseRedirect(destination.certificate_url(handle))
    cookies.keep_browser(response, browser)
    return response


def _refused(
    request: HttpRequest,
    destination: Destination,
    asking: PendingRequest | None,
    handle: str,
    refusal: CertificateRefused | RevocationUnknown | HolderWithoutAccount | NoPasswordYet,
) -> HttpResponse:
    """Say why, beside the file; where the statement is good no more, with a fresh one.

    What was pasted is given back where the same signature can be sent again.
    """
    browser = cookies.browser_token(request) or secrets.token_urlsafe(32)
    if not _is_good(browser, handle, asking) or isinstance(refusal, HolderWithoutAccount | NoPasswordYet):
        handle = selectors.new_statement(browser=browser, going_to=going_to(asking), now=timezone.now())
    sent_file, said, pasted = "signature" in request.FILES, refusal_words(refusal), ""
    if isinstance(refusal, RevocationUnknown):
        pasted = "" if sent_file else request.POST.get("pasted", "")[:MOST_KEPT]
        again = _("Choose the file again then: a page cannot keep it for you.")
        said = f"{said} {again}" if sent_file else said
    found = Mistakes([Mistake("pasted" if pasted else "signature", said)])
    response = _page(request, destination, asking, handle, found, pasted=pasted)
    cookies.keep_browser(response, browser)
    return response


def refusal_words(refusal: CertificateRefused | RevocationUnknown | HolderWithoutAccount | NoPasswordYet) -> str:
    """Say why a signature does not let its holder in, as far as it helps them."""
    if isinstance(refusal, RevocationUnknown):
        return _(
            "The issuer of your certificate does not say at the moment whether it is still good, and without that we "
            "let nobody in. Your signature stays good: send it again in a few minutes, or sign in in another way."
        )
    if isinstance(refusal, HolderWithoutAccount):
        return _(
            "Your signature is right, but you have no open account here. You get one in person, at a desk, from the "
            "age of 15."
        )
    if isinstance(refusal, NoPasswordYet):
        return _("Your signature is right. Before your first sign-in use the code from your sealed envelope.")
    return _fault_words(refusal.fault)


def _fault_words(fault: CertificateFault) -> str:
    unusable = _(
        "This certificate cannot be used for signing in here. It must be a qualified e-signature's, or the identity "
        "card's own."
    )
    words = {
        CertificateFault.MALFORMED: _("This is no signature that we can read. Send the file that ends in .p7s."),
        CertificateFault.TOO_LARGE: _("This is too large for a signature. Send the file that ends in .p7s."),
        CertificateFault.CHALLENGE: _(
            "The statement that you signed is too old, was used before, or was made in another browser. Download the "
            "new one and sign that."
        ),
        CertificateFault.CONTENT: _(
            "Something else was signed. Download the statement, sign it as it is, and send that signature."
        ),
        CertificateFault.ISSUER: unusable,
        CertificateFault.POLICY: unusable,
        CertificateFault.USAGE: unusable,
        CertificateFault.NUMBER: unusable,
        CertificateFault.VALIDITY: _("This certificate has expired, or is not good yet. Its issuer gives you another."),
        CertificateFault.REVOKED: _("This certificate has been revoked. Its issuer gives you another."),
    }
    return words.get(fault) or _(
        "The signature is not made as we need it: CAdES with SHA-256, by the key of the certificate. Look into the "
        "settings of your signing program."
    )


def _page(
    request: HttpRequest,
    destination: Destination,
    asking: PendingRequest | None,
    handle: str,
    found: Mistakes = NONE_MADE,
    *,
    pasted: str = "",
) -> HttpResponse:
    context = {
        "pasted": pasted,
        "mistakes": found,
        "destination": destination,
        "handle": handle,
        "asking": shown_of(asking),
        "site": settings.CERTIFICATES.site,
        "is_asked_again": destination.is_again and signed_in(request) is not None,
    }
    return lead_to(render(request, "login/certificate.html", context, status=422 if found else 200), asking)
