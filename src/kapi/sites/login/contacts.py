"""`/hesabim/iletisim/`: where one can be reached; adding a telephone or an e-mail address by a code, removing one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import (
    ChallengeOver,
    CodeRefused,
    ContactKnown,
    ContactNotFound,
    StepKnown,
    StillCoolingOff,
    TooManyAttempts,
    TooManyAuthenticators,
    TooManyCodes,
    TooManyContacts,
)
from kapi.contexts.identity.selectors.cooling_off import cooling_off_of
from kapi.contexts.identity.values import ChallengeId, CodeUse, ContactKind, ContactView, SentCodeView, SignedIn
from kapi.kernel.contacts import ContactAddress, EmailAddress, MobileNumber
from kapi.kernel.errors import InvalidValue
from kapi.sites.login import cookies, mistakes
from kapi.sites.login.codes import lead_to_proof
from kapi.sites.login.mistakes import NONE_MADE, Mistake, Mistakes
from kapi.sites.login.people import person_of
from kapi.sites.ui.address import address_of
from kapi.sites.ui.links import page_url
from kapi.sites.ui.session import require_sign_in

_DONE: Final = "tamam"
_ADDED, _REMOVED, _OVER, _ASKED, _LATER = "eklendi", "kaldirildi", "gecti", "soruluyor", "sonra"
_MOST_TYPED: Final = 100
_MOST_SHOWN: Final = 320


@dataclass(frozen=True)
class ContactRow:
    """A contact as the page shows it."""

    id: int
    is_phone: bool
    kind: str
    masked: str
    verified_at: datetime
    step_id: int | None


@dataclass(frozen=True)
class Waiting:
    """How far a code is that somebody waits for: when it was handed over, and in how many seconds another may be."""

    kind: str
    shown: str
    sent_at: datetime | None
    expires_at: datetime
    again_in: int


@never_cache
@require_http_methods(["GET", "HEAD"])
@require_sign_in
def contacts(request: HttpRequest) -> HttpResponse:
    """List them."""
    person, done = person_of(request), request.GET.get(_DONE, "")
    views = selectors.contacts_of(person_id=person.person_id)
    context = {
        "rows": tuple(_row(view) for view in views),
        "done": done if done in {_ADDED, _REMOVED, _OVER, _ASKED, _LATER} else "",
        "cooling_off": cooling_off_of(person_id=person.person_id, now=timezone.now()),
        "codes_are_sent": settings.DEMO,
    }
    return render(request, "login/contacts.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require_sign_in
@lead_to_proof
def add_phone(request: HttpRequest) -> HttpResponse:
    """Ask for a mobile number and have a code sent there: the field `phone`."""
    return _add(request, ContactKind.PHONE)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require_sign_in
@lead_to_proof
def add_email(request: HttpRequest) -> HttpResponse:
    """Ask for an e-mail address and have a code sent there: the field `email`."""
    return _add(request, ContactKind.EMAIL)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require_sign_in
@lead_to_proof
def code(request: HttpRequest, challenge_id: int) -> HttpResponse:
    """Take the code that was sent (the field `code`), or send another one (`again`)."""
    person, now = person_of(request), timezone.now()
    view = selectors.find_sent_code(session_id=person.session_id, challenge_id=ChallengeId(challenge_id), now=now)
    if request.method == "POST" and "again" in request.POST:
        return _send_again(request, person, ChallengeId(challenge_id), view, now)
    if view is None:
        return _back(_OVER)
    if request.method != "POST":
        return _code_page(request, view, now)
    return _take_code(request, person, view, now)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require_sign_in
@lead_to_proof
def add_step(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Say what it means that signing in asks for a code sent there, and send the first one."""
    person, now = person_of(request), timezone.now()
    found = _contact(person, contact_id)
    services.check_may_change(session_id=person.session_id, actor=person.actor, now=now)
    if request.method != "POST":
        return _step_page(request, found)
    try:
        challenge_id = services.begin_step_by_contact(
            session_id=person.session_id,
            contact_id=found.contact_id,
            address=address_of(request),
            actor=person.actor,
            now=now,
        )
    except TooManyCodes as refusal:
        return _step_page(request, found, refusal_words(refusal))
    except (ContactNotFound, StepKnown):
        return _back("")
    return HttpResponseRedirect(page_url("login", "contact_code", challenge_id=challenge_id))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@require_sign_in
@lead_to_proof
def remove(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Ask whether one is to be removed, and remove it; only to who has just proved that it is them."""
    person, now = person_of(request), timezone.now()
    found = _contact(person, contact_id)
    if request.method == "POST":
        try:
            services.remove_contact(
                session_id=person.session_id, contact_id=found.contact_id, actor=person.actor, now=now
            )
        except StillCoolingOff:
            return _back(_LATER)  # the list says until when
        except ContactNotFound:
            return _back("")
        return _back(_REMOVED)
    services.check_may_change(session_id=person.session_id, actor=person.actor, now=now)
    try:
        services.check_cooling_off(
            session_id=person.session_id, added_at=found.verified_at, actor=person.actor, now=now
        )
    except StillCoolingOff:
        return _back(_LATER)
    return render(request, "login/remove_contact.html", {"row": _row(found)})


def _contact(person: SignedIn, contact_id: int) -> ContactView:
    views = selectors.contacts_of(person_id=person.person_id)
    found = next((view for view in views if view.contact_id == contact_id), None)
    if found is None:
        raise Http404
    return found


def _step_page(request: HttpRequest, view: ContactView, words: str = "") -> HttpResponse:
    found = Mistakes([Mistake("send", words)]) if words else NONE_MADE
    context = {"row": _row(view), "mistakes": found}
    return render(request, "login/step_by_contact.html", context, status=422 if found else 200)


def _add(request: HttpRequest, kind: ContactKind) -> HttpResponse:
    person, now = person_of(request), timezone.now()
    if not settings.DEMO:
        return _back("")
    if request.method != "POST":
        services.check_may_change(session_id=person.session_id, actor=person.actor, now=now)
        return _form(request, kind, "")
    typed = request.POST.get(kind, "")[:_MOST_SHOWN]
    try:
        challenge_id = services.begin_contact(
            session_id=person.session_id,
            contact=_read(kind, typed),
            address=address_of(request),
            actor=person.actor,
            now=now,
        )
    except InvalidValue as refusal:
        found = mistakes.of_phone(refusal, typed) if kind is ContactKind.PHONE else mistakes.of_email(refusal, typed)
        return _form(request, kind, typed, found)
    except (ContactKnown, TooManyContacts, TooManyCodes) as refusal:
        return _form(request, kind, typed, Mistake(kind, refusal_words(refusal)))
    return HttpResponseRedirect(page_url("login", "contact_code", challenge_id=challenge_id))


def _read(kind: ContactKind, typed: str) -> ContactAddress:
    return MobileNumber.parse(typed) if kind is ContactKind.PHONE else EmailAddress.parse(typed)


def refusal_words(refusal: ContactKnown | TooManyContacts | TooManyCodes) -> str:
    """Say why no code is sent."""
    if isinstance(refusal, ContactKnown):
        return _("You have added this one already.")
    if isinstance(refusal, TooManyContacts):
        return _("You can have up to 3 telephones and 3 e-mail addresses. Remove one that you no longer use first.")
    return _("Too many codes were asked for. Try again %(wait)s.") % {"wait": in_words(refusal.retry_after)}


def in_words(wait: timedelta) -> str:
    """Say how long to wait: in seconds or minutes."""
    seconds = max(1, -(-int(wait.total_seconds() * 1000) // 1000))
    if seconds < 120:
        return _("in %(n)s seconds") % {"n": seconds}
    return _("in %(n)s minutes") % {"n": -(-seconds // 60)}


def _form(request: HttpRequest, kind: ContactKind, typed: str, mistake: Mistake | None = None) -> HttpResponse:
    found = Mistakes([mistake]) if mistake else NONE_MADE
    context = {"is_phone": kind is ContactKind.PHONE, "field": kind.value, "typed": typed, "mistakes": found}
    return render(request, "login/contact_form.html", context, status=422 if found else 200)


def _take_code(request: HttpRequest, person: SignedIn, view: SentCodeView, now: datetime) -> HttpResponse:
    typed = request.POST.get("code", "")[:_MOST_TYPED]
    if not typed.strip():
        return _code_page(request, view, now, _("Enter the code."))
    try:
        return _confirm(person, view, typed, now)
    except CodeRefused:
        return _code_page(request, view, now, _("This is not the code that was sent last. Compare all six digits."))
    except TooManyAttempts as refusal:
        words = _("The code was wrong too often. Try again %(wait)s.") % {"wait": in_words(refusal.retry_after)}
        return _code_page(request, view, now, words)
    except (ContactKnown, StepKnown, TooManyContacts, TooManyAuthenticators, ChallengeOver):
        return _back(_OVER)


def _confirm(person: SignedIn, view: SentCodeView, typed: str, now: datetime) -> HttpResponse:
    """Do what the code was asked for."""
    shown: dict[str, Any] = {"session_id": person.session_id, "challenge_id": view.challenge_id, "code": typed}
    if view.use is CodeUse.ADD_CONTACT:
        services.confirm_contact(**shown, actor=person.actor, now=now)
        return _back(_ADDED)
    renewed = services.add_step_by_contact(**shown, actor=person.actor, now=now)
    response = _back(_ASKED)
    cookies.keep_session(response, renewed.token)
    return response


def _send_again(
    request: HttpRequest, person: SignedIn, challenge_id: ChallengeId, view: SentCodeView | None, now: datetime
) -> HttpResponse:
    try:
        again = services.ask_again(
            session_id=person.session_id,
            challenge_id=challenge_id,
            address=address_of(request),
            actor=person.actor,
            now=now,
        )
    except TooManyCodes as refusal:
        return _code_page(request, view, now, refusal_words(refusal)) if view else _back(_OVER)
    except (ChallengeOver, ContactKnown, ContactNotFound, StepKnown, TooManyContacts):
        return _back(_OVER)
    return HttpResponseRedirect(page_url("login", "contact_code", challenge_id=again))


def _code_page(request: HttpRequest, view: SentCodeView, now: datetime, words: str = "") -> HttpResponse:
    found = Mistakes([Mistake("code", words)]) if words else NONE_MADE
    context = {
        "waiting": waiting_of(view, now),
        "is_for_signing_in": view.use is CodeUse.ADD_STEP,
        "mistakes": found,
        "is_demo": settings.DEMO,
    }
    return render(request, "login/contact_code.html", context, status=422 if found else 200)


def waiting_of(view: SentCodeView, now: datetime) -> Waiting:
    """Return what the page of a code shows of it."""
    again_in = max(0, -(-int((view.again_at - now).total_seconds() * 1000) // 1000))
    return Waiting(view.kind, view.shown, view.sent_at, view.expires_at, again_in)


def _row(view: ContactView) -> ContactRow:
    is_phone = view.kind is ContactKind.PHONE
    kind = _("Mobile telephone") if is_phone else _("E-mail address")
    return ContactRow(view.contact_id, is_phone, kind, view.masked, view.verified_at, view.step_id)


def _back(done: str) -> HttpResponse:
    return HttpResponseRedirect(page_url("login", "contacts", query={_DONE: done} if done else None))
