"""`/yonetim/oneriler/`: deeds that take two people; seeing, deciding and withdrawing what was proposed."""

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kapi.contexts.institutions import selectors, services
from kapi.contexts.institutions.errors import (
    DecidedByBeneficiary,
    DecidedByProposer,
    InstitutionExists,
    InstitutionNotFound,
    NotTheProposer,
    OutlastsEmergency,
    ProposalNotOpen,
    RoleHeld,
)
from kapi.contexts.institutions.values import (
    InstitutionKind,
    Permission,
    ProposalKind,
    ProposalState,
    ProposalView,
    Role,
)
from kapi.kernel.errors import DomainError
from kapi.kernel.langstring import LangString
from kapi.sites.backoffice import names, tables
from kapi.sites.backoffice.door import Staff, for_staff, staff_of
from kapi.sites.ui.links import page_url

PARTIES = (Permission.DECIDE_PROPOSALS, Permission.MANAGE_INSTITUTIONS, Permission.MANAGE_MEMBERS)
_DEEDS = {
    "accept": services.accept_proposal,
    "reject": services.reject_proposal,
    "withdraw": services.withdraw_proposal,
}


@dataclass(frozen=True)
class ProposalRow:
    """A proposal as the table shows it."""

    id: int
    deed: str
    about: str
    institution: str
    proposer: str
    proposed_at: datetime
    is_mine: bool


@require_safe
@for_staff(*PARTIES)
def proposals(request: HttpRequest) -> HttpResponse:
    """List what waits for a decision; who does not decide sees what they proposed themselves."""
    staff = staff_of(request)
    shown = [view for view in selectors.open_proposals() if _may_see(view, staff)]
    columns = {
        "tarih": tables.Column(_("Proposed on"), lambda row: (row.proposed_at, row.id)),
        "is": tables.Column(_("Deed"), lambda row: (row.deed, row.id)),
        "kurum": tables.Column(_("Institution"), lambda row: (row.institution, row.id)),
        "oneren": tables.Column(_("Proposed by"), lambda row: (row.proposer, row.id)),
    }
    rows, heads = tables.sort(request, _rows(shown, staff), columns)
    context = {"rows": rows, "heads": heads, "mine": sum(row.is_mine for row in rows)}
    return render(request, "backoffice/proposals.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_staff(*PARTIES, is_sensitive=True)
def proposal(request: HttpRequest, proposal_id: int) -> HttpResponse:
    """Show one proposal; the field `decision` is `accept`, `reject` or `withdraw`."""
    staff, view = staff_of(request), selectors.find_proposal(proposal_id)
    if view is None:
        raise Http404
    if not _may_see(view, staff):
        raise PermissionDenied
    if request.method != "POST":
        return _page(request, view, staff, refusal="")
    decision = request.POST.get("decision", "")
    if decision not in _DEEDS:
        return _page(request, view, staff, refusal=_("Choose what should happen with this proposal."))
    if decision != "withdraw" and not staff.may_everywhere(Permission.DECIDE_PROPOSALS):
        raise PermissionDenied
    try:
        _DEEDS[decision](proposal_id=proposal_id, actor=staff.actor(), now=timezone.now())
    except DomainError as refusal:
        return _page(request, selectors.find_proposal(proposal_id) or view, staff, refusal=_words_of(refusal))
    return HttpResponseRedirect(page_url("backoffice", "proposal", query={"oldu": "evet"}, proposal_id=proposal_id))


def waiting_for(staff: Staff) -> int:
    """Count the proposals that this person could decide now."""
    if not staff.may_everywhere(Permission.DECIDE_PROPOSALS):
        return 0
    return sum(not _is_party(view, staff) for view in selectors.open_proposals())


def _may_see(view: ProposalView, staff: Staff) -> bool:
    return staff.may_everywhere(Permission.DECIDE_PROPOSALS) or view.proposed_by == staff.person_id


def _is_party(view: ProposalView, staff: Staff) -> bool:
    return view.proposed_by == staff.person_id or view.payload.get("person_id") == str(staff.person_id)


def _words_of(refusal: DomainError) -> str:
    words = {
        ProposalNotOpen.code: _("Somebody has decided already. Below is what was decided."),
        DecidedByProposer.code: _("You proposed this, so another person must decide. You can withdraw it."),
        DecidedByBeneficiary.code: _("This would give you a role, so another person must decide."),
        NotTheProposer.code: _("Only the person who proposed it can withdraw it."),
        InstitutionExists.code: _("An institution has this code by now. Reject the proposal."),
        InstitutionNotFound.code: _("The institution is not there any more. Reject the proposal."),
        OutlastsEmergency.code: _(
            "What this gives outlasts your emergency. End the emergency first, or leave it to another approver."
        ),
        RoleHeld.code: _("This person has the role by now. Reject the proposal."),
    }
    return words[refusal.code]


def _rows(shown: list[ProposalView], staff: Staff) -> list[ProposalRow]:
    people = names.people_named(
        person for view in shown for person in (view.proposed_by, int(view.payload.get("person_id", view.proposed_by)))
    )
    known = selectors.lines_of({view.institution_code for view in shown}, language=get_language() or "")
    return [
        ProposalRow(
            id=view.id,
            deed=str(names.DEEDS[view.kind]),
            about=_about(view, people),
            institution=str(known[view.institution_code].name) if view.institution_code in known else _new_name(view),
            proposer=people[view.proposed_by],
            proposed_at=view.proposed_at,
            is_mine=view.proposed_by == staff.person_id,
        )
        for view in shown
    ]


def _about(view: ProposalView, people: dict[int, str]) -> str:
    if view.kind is ProposalKind.GRANT_ROLE:
        return f"{people[int(view.payload['person_id'])]}: {names.ROLES[Role(view.payload['role'])]}"
    return f"{_new_name(view)} ({names.KINDS[InstitutionKind(view.payload['kind'])]})"


def _new_name(view: ProposalView) -> str:
    said = view.payload
    return (
        LangString(said.get("name_tr", ""), said.get("name_en", "")).text(get_language() or "") or view.institution_code
    )


def _page(request: HttpRequest, view: ProposalView, staff: Staff, *, refusal: str) -> HttpResponse:
    row = _rows([view], staff)[0]
    states = {
        ProposalState.OPEN: pgettext("proposal", "Waits for a decision"),
        ProposalState.ACCEPTED: pgettext("proposal", "Accepted"),
        ProposalState.REJECTED: pgettext("proposal", "Rejected"),
        ProposalState.WITHDRAWN: pgettext("proposal", "Withdrawn"),
    }
    decider = names.people_named([view.decided_by])[view.decided_by] if view.decided_by is not None else ""
    is_open = view.state is ProposalState.OPEN
    context = {
        "row": row,
        "code": view.institution_code,
        "state": states[view.state],
        "is_open": is_open,
        "decided_by": decider,
        "decided_at": view.decided_at,
        "may_decide": is_open and staff.may_everywhere(Permission.DECIDE_PROPOSALS) and not _is_party(view, staff),
        "is_party": _is_party(view, staff),
        "mistakes": [{"text": refusal, "href": "#decision"}] if refusal else [],
        "done": _("Done. This is how the proposal stands now.")
        if request.GET.get("oldu") == "evet" and not refusal
        else "",
        "trail": [{"text": _("Proposals"), "href": page_url("backoffice", "proposals")}],
    }
    return render(request, "backoffice/proposal.html", context, status=422 if refusal else 200)
