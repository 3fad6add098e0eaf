"""`/yonetim/kurumlar/<code>/gorevliler/`: who holds which role at an institution; giving and ending roles."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from kapi.contexts.identity import services as identity
from kapi.contexts.identity.errors import PersonNotFound
from kapi.contexts.identity.values import PersonId
from kapi.contexts.institutions import selectors, services
from kapi.contexts.institutions.errors import MembershipNotFound, NeedsTwoPeople, RoleHeld
from kapi.contexts.institutions.values import InstitutionView, Permission, Role
from kapi.kernel import turkish
from kapi.kernel.errors import InvalidValue
from kapi.kernel.identifiers import IdentityNumber
from kapi.sites.backoffice import names, tables
from kapi.sites.backoffice.door import Staff, for_staff, institution_for, staff_of
from kapi.sites.backoffice.looks import count_look
from kapi.sites.backoffice.numbers import mistake_of_number
from kapi.sites.ui.errors import too_many_requests
from kapi.sites.ui.forms import Form, read_form
from kapi.sites.ui.links import page_url

GATEWAY_ROLES: Final = frozenset({Role.OPERATOR, Role.OPERATOR_APPROVER, Role.AUDITOR})
"""Roles that reach every institution: only who manages members everywhere proposes or ends them."""
_DONE: Final = "oldu"


@dataclass(frozen=True)
class Member:
    """A role held, as the table shows it."""

    membership_id: int
    name: str
    role: str
    granted_at: datetime
    may_end: bool
    may_enrol: bool


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(Permission.MANAGE_MEMBERS, is_sensitive=True)
def members(request: HttpRequest, code: str) -> HttpResponse:
    """List who holds a role; `end` (a membership) ends one, `enrol` (likewise) lets its holder add a passkey.

    Else the form gives or proposes a role.
    """
    view, staff = institution_for(request, code, Permission.MANAGE_MEMBERS), staff_of(request)
    if request.method != "POST":
        return _page(request, view, staff, Form({"identity_number": "", "role": ""}))
    if "end" in request.POST:
        return _end(request, code, staff)
    if "enrol" in request.POST:
        return _enrol(request, code, staff)
    return _give(request, view, staff)


def _give(request: HttpRequest, view: InstitutionView, staff: Staff) -> HttpResponse:
    if staff.emergency:
        raise PermissionDenied
    form, now = read_form(request, "identity_number", "role"), timezone.now()
    mistakes, number = {}, None
    try:
        number = IdentityNumber.parse(form.values["identity_number"])
    except InvalidValue as refusal:
        mistakes["identity_number"] = mistake_of_number(refusal, form.values["identity_number"])
    if form.values["role"] not in {role.value for role in _roles_to_give(staff)}:
        mistakes["role"] = _("Choose a role.")
    if number is None or mistakes:
        return _page(request, view, staff, Form(form.values, mistakes))
    looks = count_look(staff, now=now)
    if not looks.allowed:
        return too_many_requests(request, retry_after=looks.retry_after)
    role, actor = Role(form.values["role"]), staff.actor(view.code)
    try:
        person_id = identity.look_up_person(identity_number=number, actor=actor, now=now)
        words = _("Nobody gives a role to themselves. Ask a colleague.") if person_id == staff.person_id else ""
    except PersonNotFound:
        words = _("Nobody is registered under this number. The person gets an account at a desk first.")
    if words:
        return _page(request, view, staff, Form(form.values, {"identity_number": words}))
    try:
        services.grant_role(person_id=person_id, institution_code=view.code, role=role, actor=actor, now=now)
    except RoleHeld:
        words = _("This person has this role here already.")
        return _page(request, view, staff, Form(form.values, {"role": words}))
    except NeedsTwoPeople:
        proposal_id = services.propose_role(
            person_id=person_id, institution_code=view.code, role=role, actor=actor, now=now
        )
        return HttpResponseRedirect(page_url("backoffice", "proposal", proposal_id=proposal_id))
    return _back(view.code, "verildi")


def _end(request: HttpRequest, code: str, staff: Staff) -> HttpResponse:
    """End a role. The membership must be of this institution, for the address is what the door has judged."""
    asked = request.POST["end"]
    held = {str(member.id): member for member in selectors.members_of(institution_code=code, language="tr")}
    member = held.get(asked)
    if member is None:
        return _back(code, "")
    if not _may_end(staff, member.role):
        raise PermissionDenied
    try:
        services.revoke_role(membership_id=member.id, actor=staff.actor(code), now=timezone.now())
    except MembershipNotFound:  # somebody was faster; the list shows it
        return _back(code, "")
    return _back(code, "bitti")


def _enrol(request: HttpRequest, code: str, staff: Staff) -> HttpResponse:
    """Let a member add a passkey that counts at work."""
    held = {str(member.id): member for member in selectors.members_of(institution_code=code, language="tr")}
    member = held.get(request.POST["enrol"])
    if member is None:
        return _back(code, "")
    if not _may_enrol(staff, member.person_id, _out_of_reach(staff, [member.person_id])):
        raise PermissionDenied
    identity.open_enrolment(person_id=PersonId(member.person_id), actor=staff.actor(code), now=timezone.now())
    return _back(code, "kayit")


def _out_of_reach(staff: Staff, people: Iterable[int]) -> frozenset[int]:
    """Return who of these people holds a role where this member of staff manages no members."""
    within = staff.reach(Permission.MANAGE_MEMBERS)
    return frozenset() if within is None else selectors.people_out_of_reach(person_ids=people, within=within)


def _may_enrol(staff: Staff, person_id: int, out_of_reach: frozenset[int]) -> bool:
    """Nobody for themselves, nor for who may do elsewhere what they themselves decide nothing about.

    A passkey opens all the work of its owner, and anybody may be given a role here. Nor under an emergency: a passkey
    outlasts it.
    """
    return staff.emergency is None and person_id != staff.person_id and person_id not in out_of_reach


def _roles_to_give(staff: Staff) -> list[Role]:
    everywhere = staff.may_everywhere(Permission.MANAGE_MEMBERS)
    return [role for role in Role if everywhere or role not in GATEWAY_ROLES]


def _may_end(staff: Staff, role: Role) -> bool:
    """Whoever could end an emergency stays in office as far as who acts under one is concerned."""
    return role not in GATEWAY_ROLES or (staff.emergency is None and staff.may_everywhere(Permission.MANAGE_MEMBERS))


def _page(request: HttpRequest, view: InstitutionView, staff: Staff, form: Form) -> HttpResponse:
    held = selectors.members_of(institution_code=view.code, language=get_language() or "")
    people = names.people_named(member.person_id for member in held)
    far = _out_of_reach(staff, [member.person_id for member in held])
    listed = [
        Member(
            m.id,
            people[m.person_id],
            str(names.ROLES[m.role]),
            m.granted_at,
            _may_end(staff, m.role),
            _may_enrol(staff, m.person_id, far),
        )
        for m in held
    ]
    columns = {
        "ad": tables.Column(_("Name"), lambda row: (turkish.sort_key(row.name), row.role)),
        "rol": tables.Column(_("Role"), lambda row: (turkish.sort_key(row.role), turkish.sort_key(row.name))),
        "tarih": tables.Column(_("Since"), lambda row: row.granted_at),
    }
    rows, heads = tables.sort(request, listed, columns)
    done = {
        "verildi": _("The role has been given."),
        "bitti": _("The role has ended."),
        "kayit": _("For one hour this person can add one passkey that opens the work pages. Tell them now."),
    }
    context = {
        "institution": view,
        "rows": rows,
        "heads": [*heads, _("End"), _("Passkey")],
        "people": len(people),
        "form": form,
        "mistakes": form.error_list,
        "may_give": staff.emergency is None,
        "roles": [{"value": "", "text": _("Choose")}]
        + [{"value": role.value, "text": str(names.ROLES[role])} for role in _roles_to_give(staff)],
        "done": "" if form.mistakes else done.get(request.GET.get(_DONE, ""), ""),
        "trail": [
            {"text": _("Institutions"), "href": page_url("backoffice", "institutions")},
            {"text": view.name, "href": page_url("backoffice", "institution", code=view.code)},
        ],
    }
    return render(request, "backoffice/members.html", context, status=422 if form.mistakes else 200)


def _back(code: str, done: str) -> HttpResponse:
    return HttpResponseRedirect(page_url("backoffice", "members", query={_DONE: done} if done else None, code=code))
