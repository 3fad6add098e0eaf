"""`/yonetim/olaganustu/`: emergency rights; asking for them, granting, ending, and reviewing what was done."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods

from kapi.contexts.institutions import selectors, services
from kapi.contexts.institutions.errors import (
    DecidedByAsker,
    EmergencyAskedTooOften,
    EmergencyNotFound,
    EmergencyNotOpen,
    EmergencyUnderWay,
    NeedsStaff,
    ReasonMissing,
    SeenByAsker,
)
from kapi.contexts.institutions.values import EmergencyState, EmergencyView, Permission
from kapi.kernel.actors import ActorKind
from kapi.kernel.errors import DomainError
from kapi.sites.backoffice import names
from kapi.sites.backoffice.door import Staff, for_staff, staff_of
from kapi.sites.ui.forms import Form, read_form
from kapi.sites.ui.links import page_url
from kapi.sites.ui.paging import NoSuchPage, Paging

READERS = (Permission.BREAK_GLASS, Permission.READ_AUDIT)
PAGE_SIZE: Final = 50
_DEEDS = {
    "approve": services.approve_emergency,
    "refuse": services.refuse_emergency,
    "end": services.end_emergency,
    "seen": services.review_emergency,
}


@dataclass(frozen=True)
class EmergencyRow:
    """An emergency as pages show it."""

    id: int
    asked_by: str
    asked_at: datetime
    state: str
    reason: str


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(*READERS, is_sensitive=True)
def emergencies(request: HttpRequest) -> HttpResponse:
    """List them, and ask for emergency rights: the field `reason`."""
    staff, now = staff_of(request), timezone.now()
    if request.method != "POST":
        return _list(request, staff, Form({"reason": ""}), now)
    if not staff.may_everywhere(Permission.BREAK_GLASS):
        raise PermissionDenied
    form = read_form(request, "reason")
    try:
        asked = services.ask_for_emergency(reason=form.values["reason"], actor=staff.actor(), now=now)
    except (ReasonMissing, EmergencyUnderWay, EmergencyAskedTooOften) as refusal:
        return _list(request, staff, Form(form.values, {"reason": _words_of(refusal)}), now)
    return HttpResponseRedirect(page_url("backoffice", "emergency", emergency_id=asked))


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(*READERS, is_sensitive=True)
def emergency(request: HttpRequest, emergency_id: int) -> HttpResponse:
    """Show one; the field `deed` is `approve`, `refuse`, `end` or `seen`."""
    staff, now = staff_of(request), timezone.now()
    view = selectors.find_emergency(emergency_id, now=now)
    if view is None:
        raise Http404
    if request.method != "POST":
        return _page(request, view, staff, refusal="")
    deed = request.POST.get("deed", "")
    if deed not in _DEEDS:
        return _page(request, view, staff, refusal=_("Choose what should happen with it."))
    if deed != "seen" and not staff.may_everywhere(Permission.BREAK_GLASS):
        raise PermissionDenied
    if deed == "seen" and not staff.may_everywhere(Permission.READ_AUDIT):
        raise PermissionDenied
    try:
        _DEEDS[deed](emergency_id=emergency_id, actor=staff.actor(), now=now)
    except DomainError as refusal:
        return _page(request, view, staff, refusal=_words_of(refusal))
    return HttpResponseRedirect(page_url("backoffice", "emergency", emergency_id=emergency_id))


def waiting_for(staff: Staff, now: datetime) -> int:
    """Count what this person could decide or review now."""
    if not staff.may_everywhere(Permission.READ_AUDIT):
        return 0
    asked = sum(view.state is EmergencyState.ASKED and view.asked_by != staff.person_id for view in staff.emergencies)
    return asked + selectors.count_emergencies_to_review(person_id=staff.person_id, now=now)


def outlasting() -> str:
    """Say why something cannot be done under an emergency."""
    return _("This would outlast your emergency. End the emergency first, or leave it to a colleague.")


def _words_of(refusal: DomainError) -> str:
    words = {
        ReasonMissing.code: _("Write what has happened and what you have to do, in 20 to 500 characters."),
        EmergencyUnderWay.code: _("You have asked already, or have emergency rights now."),
        EmergencyAskedTooOften.code: _(
            "You have asked five times within a day, and all operators were told each time. Let another operator ask."
        ),
        DecidedByAsker.code: _("You asked for this, so another operator must decide."),
        SeenByAsker.code: _("You had these rights, so somebody else must review what was done."),
        EmergencyNotOpen.code: _("This cannot be done any more. Below is how it stands."),
        EmergencyNotFound.code: _("There is no such emergency."),
        NeedsStaff.code: _("Only a member of staff can do this."),
    }
    return words[refusal.code]


def _list(request: HttpRequest, staff: Staff, form: Form, now: datetime) -> HttpResponse:
    try:
        paging = Paging.of(request, total=selectors.count_emergencies(), size=PAGE_SIZE)
    except NoSuchPage as missing:
        raise Http404 from missing
    views = selectors.emergencies(start=(paging.page - 1) * PAGE_SIZE, limit=PAGE_SIZE, now=now)
    people = names.people_named(view.asked_by for view in views)
    context = {
        "rows": [_row(view, people) for view in views],
        "paging": paging,
        "may_ask": staff.may_everywhere(Permission.BREAK_GLASS),
        "form": form,
        "mistakes": form.error_list,
    }
    return render(request, "backoffice/emergencies.html", context, status=422 if form.mistakes else 200)


def _page(request: HttpRequest, view: EmergencyView, staff: Staff, *, refusal: str) -> HttpResponse:
    asked = {person for person in (view.asked_by, view.decided_by, view.seen_by) if person is not None}
    people = names.people_named(asked)
    is_mine, may_act = view.asked_by == staff.person_id, staff.may_everywhere(Permission.BREAK_GLASS)
    context = {
        "row": _row(view, people),
        "is_mine": is_mine,
        "decided_by": people.get(view.decided_by or 0, ""),
        "decided_at": view.decided_at,
        "until": view.until,
        "seen_by": people.get(view.seen_by or 0, ""),
        "seen_at": view.seen_at,
        "may_decide": view.state is EmergencyState.ASKED and may_act and not is_mine,
        "waits": view.state is EmergencyState.ASKED,
        "may_end": view.state is EmergencyState.IN_FORCE and may_act,
        "may_review": view.state is EmergencyState.OVER and view.seen_by is None and not is_mine,
        "is_over": view.state is EmergencyState.OVER,
        "deeds_url": _deeds_url(view) if view.decided_at and view.state is not EmergencyState.REFUSED else "",
        "mistakes": [{"text": refusal, "href": "#deeds"}] if refusal else [],
        "trail": [{"text": _("Emergencies"), "href": page_url("backoffice", "emergencies")}],
    }
    return render(request, "backoffice/emergency.html", context, status=422 if refusal else 200)


def _row(view: EmergencyView, people: dict[int, str]) -> EmergencyRow:
    states = {
        EmergencyState.ASKED: pgettext("emergency", "Waits for a second operator"),
        EmergencyState.LAPSED: pgettext("emergency", "Nobody decided in time"),
        EmergencyState.REFUSED: pgettext("emergency", "Refused"),
        EmergencyState.IN_FORCE: pgettext("emergency", "In force"),
        EmergencyState.OVER: pgettext("emergency", "Over, not reviewed yet")
        if view.seen_by is None
        else pgettext("emergency", "Over and reviewed"),
    }
    return EmergencyRow(view.id, people[view.asked_by], view.asked_at, states[view.state], view.reason)


def _deeds_url(view: EmergencyView) -> str:
    """Return where the audit trail lists what the person did meanwhile."""
    since, until = (
        timezone.localtime(at).strftime("%d.%m.%Y %H:%M") for at in (view.decided_at or view.asked_at, view.until)
    )
    actor = {"actor_kind": ActorKind.STAFF.value, "actor_id": str(view.asked_by)}
    return page_url("backoffice", "audit", query=actor | {"since": since, "until": until})
