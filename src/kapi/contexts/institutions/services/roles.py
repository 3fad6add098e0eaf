"""Who holds which role."""

from datetime import datetime

from django.db import IntegrityError, transaction

from kapi.contexts.institutions import selectors
from kapi.contexts.institutions.errors import (
    InstitutionNotFound,
    MembershipNotFound,
    NeedsTwoPeople,
    OperatorsAppointed,
    OutlastsEmergency,
    RoleHeld,
)
from kapi.contexts.institutions.models import Institution, Membership
from kapi.contexts.institutions.rules import REACH_EVERYWHERE, TAKE_TWO_PEOPLE
from kapi.contexts.institutions.services.tree import _audit, _insert
from kapi.contexts.institutions.values import InstitutionDetails, MembershipId, Role
from kapi.foundation.locks import hold_lock
from kapi.kernel.actors import Actor
from kapi.kernel.identifiers import InstitutionCode


def grant_role(*, person_id: int, institution_code: str, role: Role, actor: Actor, now: datetime) -> MembershipId:
    """Give a person a role at an institution.

    :raises NeedsTwoPeople: if the role is one that takes two people: `propose_role` then.
    :raises OutlastsEmergency: if the actor acts under an emergency.
    :raises InstitutionNotFound: if no institution has this code.
    :raises RoleHeld: if the person has it already.
    """
    if role in TAKE_TWO_PEOPLE:
        raise NeedsTwoPeople
    with transaction.atomic():
        return _grant(person_id, institution_code, role, actor, now)


def add_operating_institution(
    *, code: InstitutionCode, details: InstitutionDetails, actor: Actor, now: datetime
) -> None:
    """Add the institution that runs the gateway, while nobody there is who could propose or accept it.

    :raises OperatorsAppointed: once an operator and an approver are in office: `propose_institution` then.
    :raises InstitutionExists: if the code is taken.
    :raises InvalidValue: if the name has no Turkish.
    """
    with transaction.atomic():
        _refuse_once_operators_are_appointed()
        _insert(code, None, details, now)
        _audit("institutions.institution_added", code.digits, actor, now, {"parent": None})


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
        _refuse_once_operators_are_appointed()
        return _grant(person_id, institution_code, role, actor, now)


def revoke_role(*, membership_id: int, actor: Actor, now: datetime) -> None:
    """End a membership. One person is enough: taking a right away must never wait.

    Under an emergency not the gateway's own roles: who could end the emergency stays in office.

    :raises MembershipNotFound: if there is no such membership, or it has ended.
    :raises OutlastsEmergency: if the actor acts under an emergency and the role is one of the gateway's own.
    """
    with transaction.atomic():
        row = Membership.objects.select_for_update(of=("self",)).filter(pk=membership_id, revoked_at=None).first()
        if row is None:
            raise MembershipNotFound
        if row.role in REACH_EVERYWHERE:
            _refuse_under_emergency(actor)
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        details = {"role": row.role, "person": row.person_id, "membership": row.pk}
        _audit("institutions.role_revoked", row.institution_id, actor, now, details)


def _refuse_once_operators_are_appointed() -> None:
    hold_lock("institutions-operators")
    in_office = selectors.operators_in_office()
    operators = {person for held, person in in_office if held is Role.OPERATOR}
    approvers = {person for held, person in in_office if held is Role.OPERATOR_APPROVER}
    if any(operator != approver for operator in operators for approver in approvers):
        raise OperatorsAppointed


def _refuse_under_emergency(actor: Actor) -> None:
    """Refuse what would outlast the emergency under which somebody acts.

    :raises OutlastsEmergency: if they act under one.
    """
    if actor.emergency:
        raise OutlastsEmergency


def _grant(person_id: int, institution_code: str, role: Role, actor: Actor, now: datetime) -> MembershipId:
    _refuse_under_emergency(actor)
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
