"""Mandates end: taken back, changed, or their time is over."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from kapi.contexts.identity.values import PersonId
from kapi.contexts.mandates import rules
from kapi.contexts.mandates.events import MandateEnded
from kapi.contexts.mandates.models import Mandate
from kapi.contexts.mandates.selectors import as_record
from kapi.contexts.mandates.values import EndReason
from kapi.foundation.audit.services import record
from kapi.foundation.outbox.services import publish
from kapi.kernel.actors import Actor


def end_overdue_mandates(*, limit: int, actor: Actor, now: datetime) -> int:
    """End up to `limit` mandates whose term is over, or that the register has long not stated; return how many.

    They are good no more from the moment the time ran out, whether this has run or not; this announces it.
    """
    overdue = Q(ends_at__lte=now) | Q(confirmed_at__lte=now - rules.RELIED_ON)
    rows = Mandate.objects.filter(overdue, ended_at=None).select_related("principal").order_by("pk")
    ended = 0
    for row in rows[:limit]:
        reason = rules.overdue_reason(as_record(row), now=now)
        with transaction.atomic():
            ended += end_mandate(row=row, reason=reason, actor=actor, now=now)
    return ended


def end_mandates_of(*, representative_id: PersonId, actor: Actor, now: datetime) -> int:
    """End every mandate on which a person acts, because they can act for nobody any more; return how many."""
    rows = Mandate.objects.filter(representative_id=representative_id, ended_at=None).order_by("pk")
    with transaction.atomic():
        return sum(end_mandate(row=row, reason=EndReason.LAPSED, actor=actor, now=now) for row in rows)


def end_mandate(*, row: Mandate, reason: EndReason, actor: Actor, now: datetime) -> int:
    """End one mandate in the caller's transaction, and announce it; return 0 if it had ended already."""
    if not Mandate.objects.filter(pk=row.pk, ended_at=None).update(ended_at=now, end_reason=reason):
        return 0
    audit_mandate(action="mandates.mandate_ended", row=row, details={"reason": reason}, actor=actor, now=now)
    publish(
        MandateEnded(
            mandate_id=row.pk,
            representative_id=row.representative_id,
            principal_id=row.principal_id,
            reason=reason,
            ended_at=now.isoformat(),
        ),
        now=now,
    )
    return 1


def audit_mandate(*, action: str, row: Mandate, details: dict[str, object], actor: Actor, now: datetime) -> None:
    """Write down what became of a mandate, in the caller's transaction."""
    record(
        action=action,
        subject_kind="mandate",
        subject_id=str(row.pk),
        actor=actor,
        now=now,
        details={"person_id": row.representative_id, "legal_person_id": row.principal_id, "source": row.source}
        | details,
    )
