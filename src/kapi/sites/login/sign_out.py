"""`/cikis/`: signing out of the gateway and of every institution that the session has visited."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kapi.contexts.identity import services as identity
from kapi.contexts.identity.errors import SessionOver
from kapi.contexts.identity.selectors import sessions_of
from kapi.contexts.identity.values import EndReason, SessionId, SignedIn
from kapi.contexts.openid.errors import RequestGone
from kapi.contexts.openid.selectors.authorization import visits_in
from kapi.contexts.openid.selectors.logout import get_pending_sign_out, logout_deliveries
from kapi.contexts.openid.services.logout import finish_sign_out
from kapi.contexts.openid.values.logout import DeliveryRecord, DeliveryState, PendingSignOut
from kapi.kernel.actors import NOBODY
from kapi.kernel.langstring import LocalText
from kapi.sites.login import cookies
from kapi.sites.login.destinations import AGAIN, Destination, destination_of
from kapi.sites.login.faults import fault_page
from kapi.sites.login.openid import SIGN_OUT_REQUEST, redirect_to
from kapi.sites.ui.headers import allow_form_to_lead_to
from kapi.sites.ui.links import page_url
from kapi.sites.ui.session import signed_in
from kapi.sites.ui.words import local

EVERYWHERE: Final = "her-yerde"


@dataclass(frozen=True)
class Told:
    """One institution that the session had visited, and whether it knows that the session is over.

    `state` is `never` where the institution gave no address for being told.
    """

    name: LocalText
    state: str
    at: datetime | None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_out(request: HttpRequest) -> HttpResponseBase:
    """Ask (GET), or sign out (POST). `istek` names an institution's wish that the person sign out.

    With `her-yerde` in the form all other sessions end too.
    With `yeniden` in the form somebody else wants to sign in afterwards, and go on to `sonra`.
    """
    if request.method == "POST":
        return _sign_out(request)
    wish = None
    if request.GET.get(SIGN_OUT_REQUEST):
        try:
            wish = get_pending_sign_out(
                request_id=request.GET[SIGN_OUT_REQUEST], browser=cookies.browser_token(request), now=timezone.now()
            )
        except RequestGone as refusal:
            return fault_page(request, refusal)
    return _page(request, wish)


@never_cache
@require_http_methods(["GET", "HEAD"])
def signed_out(request: HttpRequest) -> HttpResponse:
    """Say that one is signed out, and which institutions know it by now."""
    ended = cookies.ended_session(request)
    return render(request, "login/signed_out.html", {"told": _told(ended) if ended else []})


def _page(request: HttpRequest, wish: PendingSignOut | None) -> HttpResponse:
    person = signed_in(request)
    context = {
        "person": person,
        "wish_id": wish.id if wish else "",
        "asks": local(wish.client_name) if wish and wish.client_name else "",
        "others": len(sessions_of(person_id=person.person_id, now=timezone.now())) - 1 if person else 0,
        "institutions": [row.name for row in _told(person.session_id)] if person else [],
    }
    page = render(request, "login/sign_out.html", context)
    return allow_form_to_lead_to(page, wish.redirect_origin) if wish and wish.redirect_origin else page


def _sign_out(request: HttpRequest) -> HttpResponseBase:
    person, now = signed_in(request), timezone.now()
    if AGAIN in request.POST:
        place = Destination(destination_of(request).url).sign_in_url
    else:
        place = _place_after(request, now) or page_url("login", "signed_out")
    response = redirect_to(request, place)
    if person is not None:
        _end(request, person, now)
        cookies.keep_ended_session(response, person.session_id)
    cookies.forget_session(response)
    return response


def _end(request: HttpRequest, person: SignedIn, now: datetime) -> None:
    if EVERYWHERE not in request.POST:
        identity.end_session(session_id=person.session_id, reason=EndReason.SIGNED_OUT, actor=person.actor, now=now)
        return
    with suppress(SessionOver):  # it ended in this very moment, elsewhere
        identity.end_all_sessions(session_id=person.session_id, actor=person.actor, now=now)


def _place_after(request: HttpRequest, now: datetime) -> str:
    """Use up the institution's wish and return where it wants the browser; a wish that is over changes nothing here."""
    wish_id = request.POST.get(SIGN_OUT_REQUEST, "")
    if not wish_id:
        return ""
    try:
        return finish_sign_out(request_id=wish_id, browser=cookies.browser_token(request), actor=NOBODY, now=now)
    except RequestGone:
        return ""


def _told(session_id: SessionId) -> list[Told]:
    deliveries = {delivery.client_id: delivery for delivery in logout_deliveries(session_id=session_id)}
    return [
        _row(local(visit.client_name), visit.hears_of_logout, deliveries.get(visit.client_id))
        for visit in visits_in(session_id=session_id)
    ]


def _row(name: LocalText, hears: bool, delivery: DeliveryRecord | None) -> Told:
    if not hears:
        return Told(name, "never", None)
    if delivery is None:  # the session has ended, and the worker is about to queue the notice
        return Told(name, DeliveryState.WAITING, None)
    return Told(name, delivery.state, delivery.confirmed_at)
