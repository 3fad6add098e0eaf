"""Verbs: adding institutions, granting roles, and the two-person rule."""

from collections.abc import Callable
from datetime import datetime

from django.db import IntegrityError, transaction

from kapi.contexts.institutions import selectors
from kapi.contexts.institutions.errors import (
    DecidedByBeneficiary,
    DecidedByProposer,
    InstitutionExists,
    InstitutionNotFound,
    InstitutionTreeTooDeep,
    MembershipNotFound,
    NeedsStaff,
    NeedsTwoPeople,
    NotTheProposer,
    OperatorsAppointed,
    ProposalNotFound,
    ProposalNotOpen,
    RoleHeld,
)
from kapi.contexts.institutions.models import Institution, Membership, Proposal
from kapi.contexts.institutions.rules import CODE_DIGITS, MOST_LEVELS, TAKE_TWO_PEOPLE, path_below
from kapi.contexts.institutions.values import (
    InstitutionDetails,
    InstitutionKind,
    MembershipId,
    ProposalId,
    ProposalKind,
    ProposalState,
    Role,
)
from kapi.foundation.audit.services import record
from kapi.foundation.locks import hold_lock
from kapi.kernel import turkish
from kapi.kernel.actors import Actor, ActorKind
from kapi.kernel.errors import InvalidValue
from kapi.kernel.identifiers import InstitutionCode
from kapi.kernel.langstring import LangString


def add_unit(
    *, code: InstitutionCode, parent_code: str, details: InstitutionDetails, actor: Actor, now: datetime
) -> None:
    """Add an institution or unit below another one.

    :raises InstitutionNotFound: if the parent does not exist.
    :raises InstitutionExists: if the code is taken.
    :raises InstitutionTreeTooDeep: beyond 16 levels.
    :raises InvalidValue: if the name has no Turkish.
    """
    with transaction.atomic():
        _insert(code, parent_code, details, now)
        _audit("institutions.institution_added", code.digits, actor, now, {"parent": parent_code})


def change_institution(*, code: str, details: InstitutionDetails, actor: Actor, now: datetime) -> None:
    """Replace what is told about an institution; its code and place stay.

    :raises InstitutionNotFound: if no institution has this code.
    :raises InvalidValue: if the name has no Turkish.
    """
    with transaction.atomic():
        row = Institution.objects.select_for_update(of=("self",)).filter(pk=code).first()
        if row is None:
            raise InstitutionNotFound
        for column, value in _columns(details).items():
            setattr(row, column, value)
        row.save()
        _audit("institutions.institution_changed", code, actor, now, {})


def propose_institution(
    *, code: InstitutionCode, details: InstitutionDetails, actor: Actor, now: datetime
) -> ProposalId:
    """Propose an institution that stands below no other. Somebody else accepts it.

    :raises InstitutionExists: if the code is taken.
    :raises NeedsStaff: if the actor is not a member of staff.
    :raises InvalidValue: if the name has no Turkish.
    """
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


def grant_role(*, person_id: int, institution_code: str, role: Role, actor: Actor, now: datetime) -> MembershipId:
    """Give a person a role at an institution.

    :raises NeedsTwoPeople: if the role is one that takes two people: `propose_role` then.
    :raises InstitutionNotFound: if no institution has this code.
    :raises RoleHeld: if the person has it already.
    """
    if role in TAKE_TWO_PEOPLE:
        raise NeedsTwoPeople
    with transaction.atomic():
        return _grant(person_id, institution_code, role, actor, now)


def propose_role(*, person_id: int, institution_code: str, role: Role, actor: Actor, now: datetime) -> ProposalId:
    """Propose to give a person a role. Somebody else, who is not that person either, accepts it.

    :raises InstitutionNotFound: if no institution has this code.
    :raises NeedsStaff: if the actor is not a member of staff.
    """
    if selectors.find_institution(institution_code) is None:
        raise InstitutionNotFound
    payload: dict[str, object] = {"person_id": str(person_id), "role": role.value}
    return _propose(ProposalKind.GRANT_ROLE, institution_code, payload, actor, now)


def appoint_operator(*, person_id: int, institution_code: str, role: Role, actor: Actor, now: datetime) -> MembershipId:
    """Put the gateway's first operator or approver in office, which nobody there is could propose or accept.

    Ends by itself: once an operator and an approver, two different people, are in office, roles take two people.

    :raises OperatorsAppointed: if that is so already.
    :raises NeedsTwoPeople: if the role is neither operator nor approver.
    :raises InstitutionNotFound: if no institution has this code.
    :raises RoleHeld: if the person has it already.
    """
    if role not in (Role.OPERATOR, Role.OPERATOR_APPROVER):
        raise NeedsTwoPeople
    with transaction.atomic():
        hold_lock("institutions-operators")
        in_office = selectors.operators_in_office()
        operators = {person for held, person in in_office if held is Role.OPERATOR}
        approvers = {person for held, person in in_office if held is Role.OPERATOR_APPROVER}
        if any(operator != approver for operator in operators for approver in approvers):
            raise OperatorsAppointed
        return _grant(person_id, institution_code, role, actor, now)


def revoke_role(*, membership_id: int, actor: Actor, now: datetime) -> None:
    """End a membership. One person is enough: taking a right away must never wait.

    :raises MembershipNotFound: if there is no such membership, or it has ended.
    """
    with transaction.atomic():
        row = Membership.objects.select_for_update(of=("self",)).filter(pk=membership_id, revoked_at=None).first()
        if row is None:
            raise MembershipNotFound
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        details = {"role": row.role, "person": row.person_id, "membership": row.pk}
        _audit("institutions.role_revoked", row.institution_id, actor, now, details)


def accept_proposal(*, proposal_id: int, actor: Actor, now: datetime) -> None:
    """Decide for a proposal and do what it says, in one transaction.

    :raises ProposalNotFound: if there is none.
    :raises ProposalNotOpen: if it is decided.
    :raises NeedsStaff: if the actor is not a member of staff.
    :raises DecidedByProposer: if the actor proposed it.
    :raises DecidedByBeneficiary: if it would give the actor a role.
    :raises DomainError: what the deed itself refuses, such as `InstitutionExists` or `RoleHeld`.
    """
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


def _insert(code: InstitutionCode, parent_code: str | None, details: InstitutionDetails, now: datetime) -> None:
    parent_path = ""
    if parent_code is not None:
        parent = Institution.objects.select_for_update(of=("self",)).filter(pk=parent_code).first()
        if parent is None:
            raise InstitutionNotFound
        parent_path = parent.path
    path = path_below(parent_path, code.digits)
    if len(path) > CODE_DIGITS * MOST_LEVELS:
        raise InstitutionTreeTooDeep
    row = Institution(code=code.digits, parent_id=parent_code, path=path, added_at=now, **_columns(details))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise InstitutionExists from None


def _columns(details: InstitutionDetails) -> dict[str, object]:
    if not details.name.tr:
        raise InvalidValue("name_tr", "missing")
    return {
        "name": details.name.stored(),
        "name_folded": turkish.fold(f"{details.name.tr} {details.name.en}"),
        "kind": details.kind,
        "url": details.url,
        "phone": details.phone,
        "address": details.address,
        "description": details.description.stored(),
    }


def _grant(person_id: int, institution_code: str, role: Role, actor: Actor, now: datetime) -> MembershipId:
    if not Institution.objects.filter(pk=institution_code).exists():
        raise InstitutionNotFound
    row = Membership(person_id=person_id, institution_id=institution_code, role=role, granted_at=now)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise RoleHeld from None
    details: dict[str, object] = {"role": role, "person": person_id, "membership": row.pk}
    _audit("institutions.role_granted", institution_code, actor, now, details)
    return MembershipId(row.pk)


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


def _audit(action: str, code: str, actor: Actor, now: datetime, details: dict[str, object]) -> None:
    record(action=action, subject_kind="institution", subject_id=code, actor=actor, now=now, details=details)


def _audit_proposal(action: str, proposal: Proposal, actor: Actor, now: datetime) -> None:
    details: dict[str, object] = {"kind": proposal.kind, "institution": proposal.institution_code}
    record(action=action, subject_kind="proposal", subject_id=str(proposal.pk), actor=actor, now=now, details=details)
