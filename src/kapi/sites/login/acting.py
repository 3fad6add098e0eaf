"""`/kimin-adina/`: choosing for whom one acts, oneself or a company that one represents."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kapi.contexts.identity.selectors import legal_persons
from kapi.contexts.identity.values import LegalPersonId, SignedIn
from kapi.contexts.mandates.errors import NoRegister, NotMandated, RegisterUnavailable
from kapi.contexts.mandates.selectors import mandates_of
from kapi.contexts.mandates.services import act_for, refresh_mandates, stop_acting
from kapi.contexts.mandates.values import MandateRecord, MandateScope
from kapi.contexts.openid.errors import RequestGone
from kapi.contexts.openid.selectors.principals import find_principal_question
from kapi.contexts.openid.services.waiting import note_choice
from kapi.sites.login import cookies
from kapi.sites.login.asking import find_asking, lead_to, shown_of
from kapi.sites.login.destinations import destination_of
from kapi.sites.login.mistakes import Mistake, Mistakes
from kapi.sites.login.people import person_of
from kapi.sites.ui.session import require_sign_in

ONESELF = "self"
_MOMENT = timedelta(microseconds=1)  # a term ends before its end
_MOST_DIGITS = 18  # what fits a row's id


@dataclass(frozen=True)
class Choice:
    """A company as the page offers it. `last_day` is the last one of the mandate, None where it names none."""

    value: str
    name: str
    tax_number: str
    is_limited: bool
    last_day: datetime | None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require_sign_in
def acting(request: HttpRequest) -> HttpResponse:
    """List oneself and whom one may act for, as the register says now; the field `principal` chooses.

    If the register does not answer, the page says so and offers what is known from before. An institution may wait for
    the answer (`sonra` resumes its request): then the page says what it accepts.
    """
    person, now = person_of(request), timezone.now()
    wanted = request.POST.get("principal", "")
    if wanted == ONESELF:
        stop_acting(session_id=person.session_id, actor=person.actor, now=now)
        return _go_on(request, person, now)
    state = _ask_register(person, now)
    found = Mistakes()
    if request.method == "POST":
        principal_id = _readable_id(wanted)
        if principal_id is None:
            found = Mistakes([Mistake("principal", _("Choose for whom you act."))])
        elif _begins(person, principal_id, now):
            return _go_on(request, person, now)
        else:
            found = Mistakes([Mistake("principal", _("You may no longer act for this company. Choose again."))])
    return _page(request, person, state, found, now)


def _ask_register(person: SignedIn, now: datetime) -> str:
    """Bring what is known up to date and return how that went: `fresh`, `down` or `none`."""
    try:
        refresh_mandates(person_id=person.person_id, actor=person.actor, now=now)
    except RegisterUnavailable:
        return "down"
    except NoRegister:
        return "none"
    return "fresh"


def _begins(person: SignedIn, principal_id: LegalPersonId, now: datetime) -> bool:
    try:
        act_for(session_id=person.session_id, principal_id=principal_id, actor=person.actor, now=now)
    except NotMandated:
        return False
    return True


def _go_on(request: HttpRequest, person: SignedIn, now: datetime) -> HttpResponse:
    destination = destination_of(request)
    if destination.request_id:
        with suppress(RequestGone):  # the address that resumes it says so
            note_choice(
                request_id=destination.request_id,
                browser=cookies.browser_token(request),
                actor=person.actor,
                now=now,
            )
    return HttpResponseRedirect(destination.after_sign_in(must_change_password=False))


def _page(request: HttpRequest, person: SignedIn, state: str, found: Mistakes, now: datetime) -> HttpResponse:
    mandates = mandates_of(representative_id=person.person_id, now=now)
    records = legal_persons(legal_person_ids=[mandate.principal_id for mandate in mandates])
    confirmed = [mandate.confirmed_at for mandate in mandates]
    destination = destination_of(request)
    asking = find_asking(request, destination)
    question = (
        find_principal_question(request_id=asking.id, browser=cookies.browser_token(request), session=person, now=now)
        if asking
        else None
    )
    context = {
        "mistakes": found,
        "choices": [_choice(mandate, records[mandate.principal_id].tax_number.masked) for mandate in mandates],
        "asking": shown_of(asking),
        "question": question,
        "chosen": str(person.acting_for.legal_person_id) if person.acting_for else ONESELF,
        "oneself": ONESELF,
        "register": state,
        "known_since": min(confirmed) if confirmed else None,
        "destination": destination,
    }
    return lead_to(render(request, "login/acting.html", context, status=422 if found else 200), asking)


def _choice(mandate: MandateRecord, tax_number: str) -> Choice:
    ends_at = mandate.terms.ends_at
    return Choice(
        value=str(mandate.principal_id),
        name=mandate.principal_name,
        tax_number=tax_number,
        is_limited=mandate.terms.scope is MandateScope.LISTED,
        last_day=ends_at - _MOMENT if ends_at else None,
    )


def _readable_id(text: str) -> LegalPersonId | None:
    fits = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return LegalPersonId(int(text)) if fits else None
