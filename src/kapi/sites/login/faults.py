"""Refusals of the protocol that are shown to a person: from the code to words."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _

from kapi.contexts.openid.errors import ProtocolError, RequestGone
from kapi.kernel.errors import DomainError


def fault_page(request: HttpRequest, refusal: ProtocolError | RequestGone) -> HttpResponse:
    """Say that the institution's request cannot be answered, what that means for the person, and what to do.

    Protocol addresses have no language: the page speaks the one that the institution asked for.
    """
    with translation.override(_language(request)):
        context = {
            "happened": _happened(refusal),
            "code": refusal.code,
            "description": refusal.description if isinstance(refusal, ProtocolError) else "",
            "is_over": isinstance(refusal, RequestGone),
        }
        return render(request, "login/fault.html", context, status=400)


def _language(request: HttpRequest) -> str:
    ours = dict(settings.LANGUAGES)
    asked = (locale.partition("-")[0] for locale in request.GET.get("ui_locales", "").split())
    return next((language for language in asked if language in ours), translation.get_language() or "tr")


def _happened(refusal: DomainError) -> str:
    words = {
        "request_gone": _(
            "The institution's request was answered already, is too old, or was begun in another browser."
        ),
        "unknown_client": _("The program that sent you here is not registered with us, or has been closed."),
        "redirect_uri_not_registered": _(
            "The program that sent you here asked us to send you on to an address that is not registered with us."
        ),
        "post_logout_redirect_uri_not_registered": _(
            "The program that sent you here asked us to send you on to an address that is not registered with us."
        ),
    }
    return words.get(refusal.code, _("The program that sent you here sent us a request that we cannot read."))
