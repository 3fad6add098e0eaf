"""Refusals of the protocol that are shown to a person: from the code to words."""

from typing import Final, TypeVar
from urllib.parse import quote, unquote_plus

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.encoding import escape_uri_path
from django.utils.translation import gettext as _

from kapi.contexts.openid.errors import InvalidRequestUri, ProtocolError, RequestGone, TooManyRequests
from kapi.foundation.settled import settings
from kapi.kernel.errors import DomainError
from kapi.sites.login.destinations import LANGUAGE
from kapi.sites.ui.frame import LanguageLink

Response = TypeVar("Response", bound=HttpResponse)

FORM: Final = "application/x-www-form-urlencoded"
_KEPT_SIGNS: Final = "%=+/?:@!$'()*,;~"
_LANGUAGE_NAMES: Final = (b"ui_locales", LANGUAGE.encode())
_LONGEST_LOCALES: Final = 512
_LONGEST_LINK: Final = 2000  # beyond it, not every server on the way takes an address


def fault_page(request: HttpRequest, refusal: ProtocolError | RequestGone) -> HttpResponse:
    """Say that the institution's request cannot be answered, what that means for the person, and what to do."""
    language = _language(request)
    with translation.override(language):
        context = {
            "happened": _happened(refusal),
            "code": refusal.code,
            "description": refusal.description if isinstance(refusal, ProtocolError) else "",
            "heading": _heading(refusal),
            "is_ours": isinstance(refusal, RequestGone | InvalidRequestUri | TooManyRequests),
            "languages": _languages(request, language),
        }
        status = refusal.status if isinstance(refusal, ProtocolError) else 400
        response = render(request, "login/fault.html", context, status=status)
    return tell_when_to_come_back(response, refusal)


def tell_when_to_come_back(response: Response, refusal: ProtocolError | RequestGone) -> Response:
    """Name the seconds to wait, where the refusal is one of too much (RFC 6585, 4), and return the response."""
    if isinstance(refusal, ProtocolError) and refusal.retry_after is not None:
        response["Retry-After"] = str(max(1, round(refusal.retry_after.total_seconds())))
    return response


def _language(request: HttpRequest) -> str:
    """Return the language to speak: that of the page; protocol addresses have none, so there one is found.

    First the one that the institution asked for, else what the person's cookie or browser says, else Turkish.
    """
    if not _is_protocol(request):
        return translation.get_language() or settings.LANGUAGE_CODE
    parameters, ours = _parameters(request), dict(settings.LANGUAGES)
    asked = [*_parameter(parameters, "ui_locales").split(), _parameter(parameters, LANGUAGE)]
    spoken = (locale.partition("-")[0].lower() for locale in asked)  # protocol
    found = next((language for language in spoken if language in ours), "")
    return found or translation.get_language_from_request(request)


def _languages(request: HttpRequest, language: str) -> list[LanguageLink]:
    """Return links to this page in each language; none where the frame has them, by the page's own address.

    A form is asked again by its address, unless it is too long for one: its errors are the same.
    """
    parameters = _parameters(request)
    if not _is_protocol(request) or len(parameters) > _LONGEST_LINK:
        return []
    pairs = (pair for pair in parameters.split(b"&") if pair and pair.partition(b"=")[0] not in _LANGUAGE_NAMES)
    query = "".join(f"{quote(pair, safe=_KEPT_SIGNS)}&" for pair in pairs)
    here = f"{escape_uri_path(request.path)}?{query}ui_locales="
    return [LanguageLink(name, code, "" if code == language else here + code) for code, name in settings.LANGUAGES]


def _is_protocol(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.namespace == "oidc"


def _parameters(request: HttpRequest) -> bytes:
    """Return the parameters as they came, undecoded: the query, or the form; nothing else is read."""
    if request.method != "POST":
        query: str = request.META.get("QUERY_STRING", "")
        return query.encode("utf-8", "surrogateescape")
    if request.content_type != FORM:
        return b""
    try:
        return request.body
    except RequestDataTooBig:
        return b""


def _parameter(parameters: bytes, name: str) -> str:
    """Return the first value of a name, however malformed the rest is."""
    start = f"{name}=".encode()
    value = next((pair[len(start) :] for pair in parameters.split(b"&") if pair.startswith(start)), b"")
    return unquote_plus(value[:_LONGEST_LOCALES].decode("ascii", "replace"))


def _heading(refusal: DomainError) -> str:
    words = {
        "request_gone": _("This request is over"),
        "invalid_request_uri": _("This request is over"),
        "client_suspended": _("Signing in there is suspended"),
        "temporarily_unavailable": _("Too many requests"),
    }
    return words.get(refusal.code, _("The institution's request has a fault"))


def _happened(refusal: DomainError) -> str:
    over = _("The institution's request was answered already, is too old, or was begun in another browser.")
    words = {
        "request_gone": over,
        "invalid_request_uri": over,
        "temporarily_unavailable": _(
            "More requests came from your network in a short time than we hear. Wait a few minutes."
        ),
        "client_suspended": _(
            "Signing in at the institution that sent you here is suspended for a time. Your account here is as it was."
            " Ask the institution when it goes on."
        ),
        "unknown_client": _("The program that sent you here is not registered with us, or has been closed."),
        "redirect_uri_not_registered": _(
            "The program that sent you here asked us to send you on to an address that is not registered with us."
        ),
        "state_missing": _(
            "The program that sent you here did not mark its request (state), so nobody could tell its answer from"
            " somebody else's."
        ),
        "post_logout_redirect_uri_not_registered": _(
            "The program that sent you here asked us to send you on to an address that is not registered with us."
        ),
    }
    return words.get(refusal.code, _("The program that sent you here sent us a request that we cannot read."))
