"""At the desk: another name or birth date of a registered person, in two steps, never another number."""

from datetime import timedelta
from typing import Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import PersonNotFound
from kapi.contexts.identity.values import CorrectionReason, PersonRecord
from kapi.contexts.institutions.values import Permission
from kapi.foundation.limits.services import count
from kapi.kernel.errors import InvalidValue
from kapi.sites.backoffice.desk import (
    Ticket,
    actor_at_desk,
    born,
    person_url,
    read_details,
    ticket_of,
    ticket_over,
    trail,
    why_blocked,
    words_of,
)
from kapi.sites.backoffice.door import for_staff, staff_of
from kapi.sites.ui.errors import too_many_requests
from kapi.sites.ui.forms import Form, read_form
from kapi.sites.ui.links import page_url

CORRECTIONS_PER_HOUR: Final = 30
_FIELDS: Final = ("given_names", "family_name", "birth_day", "birth_month", "birth_year", "reason")
_REASONS: Final[dict[CorrectionReason, Promise]] = {
    CorrectionReason.DOCUMENT: gettext_lazy("The identity document says otherwise since it was renewed"),
    CorrectionReason.COURT: gettext_lazy("A court decided"),
    CorrectionReason.REGISTER: gettext_lazy("The population register was corrected"),
    CorrectionReason.MISTAKE: gettext_lazy("It was typed wrongly at the desk"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(Permission.ISSUE_ACCOUNTS, is_sensitive=True)
def correct(request: HttpRequest) -> HttpResponse:
    """Ask what the document says, show what would change, and write it down once the officer confirms it.

    The field `step` is `check` (show what would change), `back` (to the form again) or `save`.
    """
    posted = request.method == "POST"
    ticket = ticket_of(request, (request.POST if posted else request.GET).get("kisi", ""))
    if ticket is None:
        return ticket_over(request)
    try:
        record = selectors.get_person_record(person_id=ticket.person_id)
    except PersonNotFound:
        return ticket_over(request)
    if not posted or why_blocked(ticket.person_id, staff_of(request)):
        return _form_page(request, ticket, record, _form_of(record))
    form = read_form(request, *_FIELDS)
    if request.POST.get("step") == "back":
        return _form_page(request, ticket, record, form)
    return _read_on(request, ticket, record, form)


def _read_on(request: HttpRequest, ticket: Ticket, record: PersonRecord, form: Form) -> HttpResponse:
    """Show what would change; write it down where this was shown already."""
    mistakes: dict[str, str] = {}
    birth = read_details(form, mistakes)
    if form.values["reason"] not in set(CorrectionReason):
        mistakes["reason"] = _("Choose why it is corrected.")
    if mistakes:
        return _form_page(request, ticket, record, Form(form.values, mistakes))
    given, family = form.values["given_names"], form.values["family_name"].strip() or None
    now = timezone.now()
    try:
        before, after = selectors.correction_of(
            person_id=ticket.person_id, given_names=given, family_name=family, birth=birth, now=now
        )
    except InvalidValue as refusal:
        return _form_page(request, ticket, record, Form(form.values, {refusal.field: words_of(refusal)}))
    if before == after:
        words = _("Nothing here is different from what is registered.")
        return _form_page(request, ticket, record, Form(form.values, {"given_names": words}))
    if request.POST.get("step") != "save":
        return _check_page(request, ticket, form, before, after)
    staff = staff_of(request)
    mine = count(
        key=f"backoffice.correct:{staff.person_id}", limit=CORRECTIONS_PER_HOUR, window=timedelta(hours=1), now=now
    )
    if not mine.allowed:
        return too_many_requests(request, retry_after=mine.retry_after)
    services.correct_person(
        person_id=ticket.person_id,
        given_names=given,
        family_name=family,
        birth=birth,
        reason=CorrectionReason(form.values["reason"]),
        actor=actor_at_desk(staff),
        now=now,
    )
    return HttpResponseRedirect(person_url(ticket.person_id, staff, "duzeltildi"))


def _form_of(record: PersonRecord) -> Form:
    values = dict.fromkeys(_FIELDS, "") | {"given_names": record.given_names, "family_name": record.family_name or ""}
    known = {"birth_day": record.birth_day, "birth_month": record.birth_month, "birth_year": record.birth_year}
    return Form(values | {name: str(part) for name, part in known.items() if part is not None})


def _form_page(request: HttpRequest, ticket: Ticket, record: PersonRecord, form: Form) -> HttpResponse:
    blocked = why_blocked(ticket.person_id, staff_of(request))
    refused = bool(form.mistakes) or (bool(blocked) and request.method == "POST")
    context = {
        "form": form,
        "mistakes": form.error_list,
        "number": record.identity_number.masked,
        "ticket": ticket.sealed,
        "blocked": blocked,
        "reasons": [{"value": reason.value, "text": str(text)} for reason, text in _REASONS.items()],
        "trail": _way_back(ticket),
    }
    return render(request, "backoffice/correction.html", context, status=422 if refused else 200)


def _check_page(
    request: HttpRequest, ticket: Ticket, form: Form, before: PersonRecord, after: PersonRecord
) -> HttpResponse:
    rows = [
        (_("Given names"), before.given_names, after.given_names),
        (_("Surname"), before.family_name or _("None"), after.family_name or _("None")),
        (_("Date of birth"), born(before.birth), born(after.birth)),
    ]
    context = {
        "form": form,
        "rows": [row for row in rows if row[1] != row[2]],
        "reason": str(_REASONS[CorrectionReason(form.values["reason"])]),
        "number": before.identity_number.masked,
        "ticket": ticket.sealed,
        "trail": _way_back(ticket),
    }
    return render(request, "backoffice/correction_check.html", context)


def _way_back(ticket: Ticket) -> list[dict[str, str]]:
    person = page_url("backoffice", "desk_person", query={"kisi": ticket.sealed})
    return [trail(), {"text": _("A person at the desk"), "href": person}]
