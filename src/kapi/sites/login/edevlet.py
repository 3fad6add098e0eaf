"""Addresses for programs that were written for the e-Devlet gateway: HTTP in, HTTP out, as `openid` is.

Compatibility is indicative: that way of asking is known from integrators' code only (`docs/edevlet.md`).
"""

from collections.abc import Callable
from functools import wraps
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from kapi.contexts.openid.errors import InvalidRequest, ProtocolError, RequestGone
from kapi.contexts.openid.selectors.edevlet import continuation_of
from kapi.contexts.openid.services.edevlet import redeem_edevlet_code, start_edevlet_authorization, tell_about_person
from kapi.contexts.openid.services.limits import count_brought_request
from kapi.contexts.openid.values.clients import Attribute
from kapi.kernel.actors import NOBODY
from kapi.sites.login.faults import fault_page, tell_when_to_come_back
from kapi.sites.login.openid import (
    actor_of,
    browser_of,
    follow,
    form_of,
    query_of,
    redirect_to,
    refuse_as_page,
    sent_by_client,
    token_refusal,
)
from kapi.sites.ui.address import address_of
from kapi.sites.ui.answers import answer_json
from kapi.sites.ui.refused import note_refused
from kapi.sites.ui.session import signed_in

SUCCESS: Final = "EDV09.000"
# What the envelope calls our refusals. Integrators' code names .000, and .006 (bad data) of another service of the
# family; the .9xx are our own, and nobody else's: whatever is not .000 is a failure to every integration that is known.
CODES: Final = {
    "invalid_request": "EDV09.006",
    "invalid_token": "EDV09.901",
    "invalid_scope": "EDV09.902",
    "temporarily_unavailable": "EDV09.903",
    "unauthorized_client": "EDV09.904",
}
_GIVEN: Final = {
    "kimlikNo": Attribute.IDENTITY_NUMBER,
    "ad": Attribute.GIVEN_NAME,
    "soyad": Attribute.FAMILY_NAME,
    # Names of our own: none was seen in integrators' code.
    "cepTelefonu": Attribute.PHONE_NUMBER,
    "eposta": Attribute.EMAIL,
}

View = Callable[[HttpRequest], HttpResponse]


def by_post(refused: Callable[[HttpRequest, ProtocolError], HttpResponse]) -> Callable[[View], View]:
    """Let in forms alone: what a form holds must stand in no address, neither by GET nor beside a form."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest) -> HttpResponse:
            if request.method != "POST":
                refusal = InvalidRequest("use POST: secrets, codes and tokens never stand in an address", status=405)
                answer = refused(request, refusal)
                answer.status_code, answer["Allow"] = 405, "POST"
                return answer
            if request.META.get("QUERY_STRING"):
                words = "send the parameters in the form: secrets, codes and tokens never stand in an address"
                return refused(request, InvalidRequest(words))
            return view(request)

        return csrf_exempt(guarded)

    return guard


@never_cache
@require_GET
def authorize(request: HttpRequest) -> HttpResponseBase:
    """Take an authorization request that a browser brings."""
    now = timezone.now()
    try:
        count_brought_request(address=address_of(request), actor=NOBODY, now=now)
        step = start_edevlet_authorization(
            encoded=query_of(request),
            browser=browser_of(request),
            session=signed_in(request),
            actor=actor_of(request),
            now=now,
        )
    except (ProtocolError, RequestGone) as refusal:
        return refuse_as_page(request, refusal)
    return follow(request, step)


@never_cache
@require_GET
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Lead on to the request in `continue`, as the sign-in address in integrators' links does; nowhere else."""
    try:
        count_brought_request(address=address_of(request), actor=NOBODY, now=timezone.now())
        link, client_id = request.GET.get("continue", ""), request.GET.get("oauthClientId", "")
        return redirect_to(request, continuation_of(link=link, client_id=client_id))
    except ProtocolError as refusal:
        return fault_page(request, refusal)


def _token_refused(request: HttpRequest, refusal: ProtocolError) -> HttpResponse:
    return token_refusal(request, refusal)


@by_post(_token_refused)
def token(request: HttpRequest) -> HttpResponse:
    """Give an access token for a code."""
    try:
        tokens = redeem_edevlet_code(request=sent_by_client(request), actor=NOBODY, now=timezone.now())
    except ProtocolError as refusal:
        return token_refusal(request, refusal)
    answer = {
        "access_token": tokens.access_token,
        "token_type": tokens.token_type,
        "expires_in": tokens.expires_in_s,
        "scope": tokens.scope,
    }
    return answer_json(answer)


def _person_refused(request: HttpRequest, refusal: ProtocolError) -> HttpResponse:
    """Answer in the envelope, by 200: integrations read the code in it, and give up before that on any other status."""
    note_refused(request, refusal)
    status = refusal.status if refusal.status in (405, 413, 429) else 200
    envelope = {"sonucKodu": CODES.get(refusal.code, "EDV09.999"), "sonucAciklamasi": _words_of(refusal)}
    return tell_when_to_come_back(answer_json(envelope, status=status), refusal)


@by_post(_person_refused)
def person(request: HttpRequest) -> HttpResponse:
    """Answer what an access token releases of the person."""
    try:
        told = tell_about_person(form=form_of(request), address=address_of(request), actor=NOBODY, now=timezone.now())
    except ProtocolError as refusal:
        return _person_refused(request, refusal)
    given = {name: told[attribute] for name, attribute in _GIVEN.items() if attribute in told}
    with translation.override("tr"):
        words = _("Done.")
    return answer_json({"sonucKodu": SUCCESS, "sonucAciklamasi": words, "kullaniciBilgileri": given})


def _words_of(refusal: ProtocolError) -> str:
    """Say in Turkish what went wrong, and for developers what exactly."""
    with translation.override("tr"):
        words = {
            "invalid_request": _("The request is not well formed."),
            "invalid_token": _("The access token is not good, or no longer."),
            "invalid_scope": _("This was not asked for, or not given."),
            "temporarily_unavailable": _("Too many requests were not good. Try again later."),
            "unauthorized_client": _("This client may not ask in this way (any more)."),
        }
        said = words.get(refusal.code, _("The request cannot be answered."))
    return f"{said} [{refusal.code}: {refusal.description}]"
