"""Deeds that take two people: one proposes, another decides."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from kapi.contexts.institutions import selectors
from kapi.contexts.institutions.errors import (
    DecidedByBeneficiary,
    DecidedByProposer,
    InstitutionExists,
    InstitutionNotFound,
    NeedsStaff,
    NotTheProposer,
    ProposalNotFound,
    ProposalNotOpen,
)
from kapi.contexts.institutions.models import Proposal
from kapi.contexts.institutions.services.roles import _grant, _refuse_under_emergency
from kapi.contexts.institutions.services.tree import _audit, _columns, _insert
from kapi.contexts.institutions.values import (
    InstitutionDetails,
    InstitutionKind,
    ProposalId,
    ProposalKind,
    ProposalState,
    Role,
)
from kapi.foundation.audit.services import record
from kapi.kernel.actors import Actor, ActorKind
from kapi.kernel.identifiers import InstitutionCode
from kapi.kernel.langstring import LangString


def propose_institution(
    *, code: InstitutionCode, details: InstitutionDetails, actor: Actor, now: datetime
) -> ProposalId:
    """Propose an institution that stands below no other. Somebody else accepts it.

    :raises InstitutionExists: if the code is taken.
    :raises NeedsStaff: if the actor is not a member of staff.
    :raises InvalidValue: if the name has no Turkish.
    :raises OutlastsEmergency: if the actor acts under an emergency.
    """
    _refuse_under_emergency(actor)
    if selectors.find_institution(code.digits) is not None:
        raise InstitutionExists
    columns = _columns(details)
    payload: dict[str, object] = {
        "name_tr": details.name.tr,
        "name_en": details.name.en,
        "kind": details.kind.value,
        "url": columns["url"],
        "phone": columns["phone"],
        "address": columns["address"],
        "description_tr": details.description.tr,
        "description_en": details.description.en,
    }
    return _propose(ProposalKind.ADD_INSTITUTION, code.digits, payload, actor, now)


def propose_role(*, person_id: int, institution_code: str, role: Role, actor: Actor, now: datetime) -> ProposalId:
    """Propose to give a person a role. Somebody else, who is not that person either, accepts it.

    :raises InstitutionNotFound: if no institution has this code.
    :raises NeedsStaff: if the actor is not a member of staff.
    :raises OutlastsEmergency: if the actor acts under an emergency.
    """
    _refuse_under_emergency(actor)
    if selectors.find_institution(institution_code) is None:
        raise InstitutionNotFound
    payload: dict[str, object] = {"person_id": str(person_id), "role": role.value}
    return _propose(ProposalKind.GRANT_ROLE, institution_code, payload, actor, now)


def accept_proposal(*, proposal_id: int, actor: Actor, now: datetime) -> None:
    """Decide for a proposal and do what it says, in one transaction.

    :raises ProposalNotFound: if there is none.
    :raises ProposalNotOpen: if it is decided.
    :raises NeedsStaff: if the actor is not a member of staff.
    :raises DecidedByProposer: if the actor proposed it.
    :raises DecidedByBeneficiary: if it would give the actor a role.
    :raises OutlastsEmergency: if the actor acts under an emergency.
    :raises DomainError: what the deed itself refuses, such as `InstitutionExists` or `RoleHeld`.
    """
    _refuse_under_emergency(actor)
    with transaction.atomic():
        proposal = _decide(proposal_id, ProposalState.ACCEPTED, actor, now)
        _CARRY_OUT[ProposalKind(proposal.kind)](proposal, actor, now)


def reject_proposal(*, proposal_id: int, actor: Actor, now: datetime) -> None:
    """Decide against a proposal.

    :raises ProposalNotFound: if there is none.
    :raises ProposalNotOpen: if it is decided.
    :raises NeedsStaff: if the actor is not a member of staff.
    :raises DecidedByProposer: if the actor proposed it (who may withdraw it).
    :raises DecidedByBeneficiary: if it would give the actor a role.
    """
    with transaction.atomic():
        _decide(proposal_id, ProposalState.REJECTED, actor, now)


def withdraw_proposal(*, proposal_id: int, actor: Actor, now: datetime) -> None:
    """Take a proposal of one's own back.

    :raises ProposalNotFound: if there is none.
    :raises ProposalNotOpen: if it is decided.
    :raises NotTheProposer: if somebody else proposed it.
    """
    with transaction.atomic():
        proposal = _open_proposal(proposal_id)
        if _person(actor) != proposal.proposed_by:
            raise NotTheProposer
        proposal.state = ProposalState.WITHDRAWN
        proposal.decided_at = now
        proposal.save(update_fields=["state", "decided_at"])
        _audit_proposal("institutions.proposal_withdrawn", proposal, actor, now)


def _propose(
    kind: ProposalKind, institution_code: str, payload: dict[str, object], actor: Actor, now: datetime
) -> ProposalId:
    with transaction.atomic():
        proposal = Proposal.objects.create(
            kind=kind,
            institution_code=institution_code,
            payload=payload,
            state=ProposalState.OPEN,
            proposed_by=_person(actor),
            proposed_at=now,
        )
        _audit_proposal("institutions.proposal_opened", proposal, actor, now)
    return ProposalId(proposal.pk)


def _open_proposal(proposal_id: int) -> Proposal:
    proposal = Proposal.objects.select_for_update(of=("self",)).filter(pk=proposal_id).first()
    if proposal is None:
        raise ProposalNotFound
    if proposal.state != ProposalState.OPEN:
        raise ProposalNotOpen
    return proposal


def _decide(proposal_id: int, state: ProposalState, actor: Actor, now: datetime) -> Proposal:
    proposal = _open_proposal(proposal_id)
    person = _person(actor)
    if person == proposal.proposed_by:
        raise DecidedByProposer
    if proposal.payload.get("person_id") == str(person):
        raise DecidedByBeneficiary
    proposal.state, proposal.decided_by, proposal.decided_at = state, person, now
    proposal.save(update_fields=["state", "decided_by", "decided_at"])
    _audit_proposal(f"institutions.proposal_{state}", proposal, actor, now)
    return proposal


def _add_proposed_institution(proposal: Proposal, actor: Actor, now: datetime) -> None:
    said = proposal.payload
    details = InstitutionDetails(
        name=LangString(said["name_tr"], said["name_en"]),
        kind=InstitutionKind(said["kind"]),
        url=said["url"],
        phone=said["phone"],
        address=said["address"],
        description=LangString(said["description_tr"], said["description_en"]),
    )
    _insert(InstitutionCode.parse(proposal.institution_code), None, details, now)
    _audit("institutions.institution_added", proposal.institution_code, actor, now, {"proposal": proposal.pk})


def _grant_proposed_role(proposal: Proposal, actor: Actor, now: datetime) -> None:
    said = proposal.payload
    _grant(int(said["person_id"]), proposal.institution_code, Role(said["role"]), actor, now)


_CARRY_OUT: dict[ProposalKind, Callable[[Proposal, Actor, datetime], None]] = {
    ProposalKind.ADD_INSTITUTION: _add_proposed_institution,
    ProposalKind.GRANT_ROLE: _grant_proposed_role,
}


def _person(actor: Actor) -> int:
    if actor.kind is not ActorKind.STAFF:
        raise NeedsStaff
    return int(actor.id)


def _audit_proposal(action: str, proposal: Proposal, actor: Actor, now: datetime) -> None:
    details: dict[str, object] = {"kind": proposal.kind, "institution": proposal.institution_code}
    record(action=action, subject_kind="proposal", subject_id=str(proposal.pk), actor=actor, now=now, details=details)
