"""`/yonetim/`: what waits for the person at work, and where they work."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kapi.contexts.catalogue import selectors as catalogue
from kapi.contexts.institutions import selectors as institutions
from kapi.contexts.institutions.values import Permission
from kapi.contexts.openid.selectors.clients import waiting_changes
from kapi.sites.backoffice import names
from kapi.sites.backoffice.clients import CLIENT_STAFF
from kapi.sites.backoffice.door import Staff, for_staff, staff_of
from kapi.sites.backoffice.emergencies import READERS as EMERGENCY_READERS
from kapi.sites.backoffice.emergencies import waiting_for as emergencies_waiting_for
from kapi.sites.backoffice.proposals import PARTIES, waiting_for
from kapi.sites.backoffice.services import SERVICE_STAFF
from kapi.sites.ui.links import page_url


@dataclass(frozen=True)
class Task:
    """One thing that waits: what, how many, where to do it."""

    text: str
    count: int
    href: str


@dataclass(frozen=True)
class Workplace:
    """An institution with the roles held there."""

    code: str
    name: str
    roles: tuple[str, ...]


@require_safe
@for_staff()
def home(request: HttpRequest) -> HttpResponse:
    """Show what waits for this person, what they may do, and their institutions."""
    staff, language = staff_of(request), get_language() or ""
    memberships = institutions.memberships_of(person_id=staff.person_id, language=language)
    places: dict[str, Workplace] = {}
    for held in memberships:
        before = places.get(held.institution_code)
        roles = (*(before.roles if before else ()), str(names.ROLES[held.role]))
        places[held.institution_code] = Workplace(held.institution_code, held.institution_name, roles)
    context = {"tasks": _tasks(staff), "places": list(places.values()), "ways": ways(staff)}
    return render(request, "backoffice/home.html", context)


def ways(staff: Staff) -> list[dict[str, str]]:
    """List the parts of the site that are open to a member of staff."""
    found = [
        (_("Services"), "services", SERVICE_STAFF),
        (_("Institutions"), "institutions", tuple(Permission)),
        (_("Proposals"), "proposals", PARTIES),
        (_("Clients"), "clients", CLIENT_STAFF),
        (_("Refused requests"), "refusals", CLIENT_STAFF),
        (_("Feedback"), "feedback", (Permission.READ_FEEDBACK,)),
        (_("Searches that found nothing"), "searches", (Permission.READ_FEEDBACK,)),
        *([(_("Barriers"), "barriers", tuple(Permission))] if staff.may_everywhere(Permission.READ_FEEDBACK) else []),
        (_("State of the gateway"), "status", (Permission.READ_AUDIT,)),
        (_("Audit trail"), "audit", (Permission.READ_AUDIT,)),
        (_("Emergencies"), "emergencies", EMERGENCY_READERS),
        (_("Account desk"), "desk", (Permission.ISSUE_ACCOUNTS, Permission.RECOVER_ACCOUNTS)),
        (_("Help desk"), "assistances", (Permission.ASSIST_CITIZENS,)),
        (_("My passkey for work"), "passkey", tuple(Permission)),
    ]
    return [
        {"text": text, "href": page_url("backoffice", name)}
        for text, name, permissions in found
        if staff.may_somewhere(*permissions)
    ]


def _tasks(staff: Staff) -> list[Task]:
    tasks = [Task(_("Proposals that you can decide"), waiting_for(staff), page_url("backoffice", "proposals"))]
    text = _("Emergencies that you can decide or review")
    tasks.append(Task(text, emergencies_waiting_for(staff, timezone.now()), page_url("backoffice", "emergencies")))
    if staff.may_somewhere(Permission.PUBLISH_SERVICES):
        waiting = catalogue.revisions_in_review(within=staff.reach(Permission.PUBLISH_SERVICES))
        mine = [revision for revision in waiting if staff.person_id not in revision.contributors]
        tasks.append(
            Task(
                _("Service descriptions that wait for your approval"),
                len(mine),
                page_url("backoffice", "services", query={"durum": "onayda"}),
            )
        )
    if staff.may_somewhere(Permission.APPROVE_CLIENTS):
        text = _("Changes of clients that wait for another person")
        tasks.append(Task(text, len(waiting_changes()), page_url("backoffice", "clients")))
    if staff.may_somewhere(Permission.EDIT_SERVICES):
        within = staff.reach(Permission.EDIT_SERVICES)
        sent_back = catalogue.count_rejected(within=within)
        text = _("Service descriptions that were sent back to be mended")
        tasks.append(Task(text, sent_back, page_url("backoffice", "services", query={"durum": "geri"})))
    if staff.may_everywhere(Permission.READ_FEEDBACK):
        _kept, unanswered = catalogue.count_waiting_barriers()
        text = _("Reports of barriers that wait for an answer")
        tasks.append(Task(text, unanswered, page_url("backoffice", "barriers")))
    return [task for task in tasks if task.count]
