"""Breaking the glass: an hour of wide rights for one operator, which another one grants and everybody sees."""

from datetime import datetime

from django.db import transaction

from kapi.contexts.institutions import selectors
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
from kapi.contexts.institutions.events import EmergencyAsked, EmergencyOpened
from kapi.contexts.institutions.models import Emergency
from kapi.contexts.institutions.rules import (
    EMERGENCY_ANSWER_WITHIN,
    EMERGENCY_ASKINGS,
    EMERGENCY_LASTS,
    LEAST_REASON,
    MOST_REASON,
)
from kapi.contexts.institutions.values import EmergencyDecision, EmergencyId
from kapi.foundation.audit.services import record
from kapi.foundation.limits.services import refund, spend
from kapi.foundation.locks import hold_lock
from kapi.foundation.outbox.services import publish
from kapi.kernel.actors import Actor, ActorKind


def ask_for_emergency(*, reason: str, actor: Actor, now: datetime) -> EmergencyId:
    """Ask for emergency rights; another operator has half an hour to decide. All operators are told.

    `reason` is what has happened and what is to be done, of 20 to 500 characters, without personal data.

    :raises NeedsStaff: if the actor is not a member of staff.
    :raises ReasonMissing: if the reason is shorter or longer than that.
    :raises EmergencyUnderWay: if the actor has asked already, or has such rights now.
    :raises EmergencyAskedTooOften: if the actor has asked five times within a day. Call it outside a transaction.
    """
    person, written = _person(actor), " ".join(reason.split())
    if not LEAST_REASON <= len(written) <= MOST_REASON:
        raise ReasonMissing
    key = f"institutions.emergency:{person}"
    if not spend(key=key, budgets=EMERGENCY_ASKINGS, now=now).allowed:
        raise EmergencyAskedTooOften
    try:
        return _ask(person, written, actor, now)
    except EmergencyUnderWay:
        # Nobody is told of it: it does not count.
        refund(key=key, budgets=EMERGENCY_ASKINGS, now=now)
        raise


def _ask(person: int, reason: str, actor: Actor, now: datetime) -> EmergencyId:
    with transaction.atomic():
        hold_lock("institutions-emergencies")
        mine = [view for view in selectors.emergencies_under_way(now=now) if view.asked_by == person]
        if mine:
            raise EmergencyUnderWay
        row = Emergency.objects.create(
            asked_by=person, reason=reason, asked_at=now, answer_until=now + EMERGENCY_ANSWER_WITHIN
        )
        _audit("institutions.emergency_asked", row.pk, actor, now)
        publish(EmergencyAsked(emergency_id=row.pk, asked_by=person), now=now)
    return EmergencyId(row.pk)


def approve_emergency(*, emergency_id: int, actor: Actor, now: datetime) -> datetime:
    """Grant it, for an hour from now; return until when. All operators are told.

    :raises NeedsStaff: if the actor is not a member of staff.
    :raises EmergencyNotFound: if there is none.
    :raises DecidedByAsker: if the actor asked for it.
    :raises EmergencyNotOpen: if it was decided, nobody decided in time, or who asked is no operator any more.
    """
    person, ends_at = _person(actor), now + EMERGENCY_LASTS
    with transaction.atomic():
        row = _asked_by_another(emergency_id, person)
        if row.asked_by not in {operator for _role, operator in selectors.operators_in_office()}:
            raise EmergencyNotOpen
        _decide(row, EmergencyDecision.APPROVED, person, ends_at, now)
        _audit("institutions.emergency_approved", row.pk, actor, now, ends_at=ends_at.isoformat())
        publish(EmergencyOpened(emergency_id=row.pk, asked_by=row.asked_by, approved_by=person), now=now)
    return ends_at


def refuse_emergency(*, emergency_id: int, actor: Actor, now: datetime) -> None:
    """Decide against it.

    :raises NeedsStaff: if the actor is not a member of staff.
    :raises EmergencyNotFound: if there is none.
    :raises DecidedByAsker: if the actor asked for it.
    :raises EmergencyNotOpen: if it was decided, or nobody decided in time.
    """
    person = _person(actor)
    with transaction.atomic():
        row = _asked_by_another(emergency_id, person)
        _decide(row, EmergencyDecision.REFUSED, person, None, now)
        _audit("institutions.emergency_refused", row.pk, actor, now)


def end_emergency(*, emergency_id: int, actor: Actor, now: datetime) -> None:
    """End it before its time. Any operator may: taking a right away must never wait.

    :raises NeedsStaff: if the actor is not a member of staff.
    :raises EmergencyNotOpen: if it is not in force.
    """
    _person(actor)
    with transaction.atomic():
        in_force = Emergency.objects.filter(pk=emergency_id, ended_at=None, ends_at__gt=now)
        if not in_force.update(ended_at=now):
            raise EmergencyNotOpen
        _audit("institutions.emergency_ended", emergency_id, actor, now)


def review_emergency(*, emergency_id: int, actor: Actor, now: datetime) -> None:
    """Sign that one has seen what was done under it, once it is over.

    :raises NeedsStaff: if the actor is not a member of staff.
    :raises EmergencyNotFound: if there is none.
    :raises SeenByAsker: if the actor had the rights.
    :raises EmergencyNotOpen: if it is not over yet, was never granted, or somebody has signed already.
    """
    person = _person(actor)
    with transaction.atomic():
        row = Emergency.objects.select_for_update(of=("self",)).filter(pk=emergency_id).first()
        if row is None:
            raise EmergencyNotFound
        if row.asked_by == person:
            raise SeenByAsker
        is_over = row.ended_at is not None or (row.ends_at is not None and row.ends_at <= now)
        if not is_over or row.seen_by is not None:
            raise EmergencyNotOpen
        Emergency.objects.filter(pk=row.pk).update(seen_by=person, seen_at=now)
        _audit("institutions.emergency_reviewed", row.pk, actor, now)


def _asked_by_another(emergency_id: int, person: int) -> Emergency:
    row = Emergency.objects.filter(pk=emergency_id).first()
    if row is None:
        raise EmergencyNotFound
    if row.asked_by == person:
        raise DecidedByAsker
    return row


def _decide(row: Emergency, decision: EmergencyDecision, person: int, ends_at: datetime | None, now: datetime) -> None:
    """Decide in one statement, so that of two at once one decides, and nobody after its time."""
    open_now = Emergency.objects.filter(pk=row.pk, decision="", answer_until__gt=now)
    if not open_now.update(decision=decision, decided_by=person, decided_at=now, ends_at=ends_at):
        raise EmergencyNotOpen


def _person(actor: Actor) -> int:
    if actor.kind is not ActorKind.STAFF:
        raise NeedsStaff
    return int(actor.id)


def _audit(action: str, emergency_id: int, actor: Actor, now: datetime, **details: object) -> None:
    record(
        action=action,
        subject_kind="emergency",
        subject_id=str(emergency_id),
        actor=actor,
        now=now,
        details=dict(details),
    )
