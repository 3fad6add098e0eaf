"""What a member of staff sees whose session was not proved by a passkey that counts at work, or not lately enough."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from kapi.contexts.identity.values import StaffProof
from kapi.sites.ui.links import page_url
from kapi.sites.ui.session import address_here, form_address

_READING = ("GET", "HEAD")


def proof_page(request: HttpRequest, proof: StaffProof, *, is_shut: bool = True) -> HttpResponse:
    """Answer with how to prove oneself and come back, or with how to get a passkey that counts.

    403 where a page is shut for want of it, else (the page was asked for itself) 200.

    A form that came too late is still in the browser: reloading the page sends it again.
    """
    is_form = request.method not in _READING
    here = form_address(request) if is_form else address_here(request)
    context = {
        "is_form": is_form,
        "is_shut": is_shut,
        "proved_at": proof.proved_at,
        "was_proved": proof.proved_at is not None,
        "has_passkey": proof.has_passkey,
        "has_vouched": proof.has_vouched,
        "enrolment_until": proof.enrolment_until,
        "passkeys_are_possible": settings.PASSKEYS.is_possible,
        "proof_url": page_url(
            "login", "sign_in", query={"sonra": here or page_url("backoffice", "home"), "yeniden": "1"}
        ),
        "passkeys_url": page_url("login", "authenticators"),
    }
    return render(request, "backoffice/proof.html", context, status=403 if is_shut else 200)
