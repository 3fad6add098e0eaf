"""Questions."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet

from kapi.contexts.identity.values import LegalPersonId, PersonId
from kapi.contexts.mandates import rules
from kapi.contexts.mandates.models import Inquiry, Mandate
from kapi.contexts.mandates.values import InquiryState, MandateId, MandateRecord, MandateScope, RegisterState, Terms


def find_mandate(*, representative_id: PersonId, principal_id: LegalPersonId, now: datetime) -> MandateRecord | None:
    """Return the mandate on which a person may act for a legal person at this moment, if there is one. One query."""
    rows = _standing(representative_id).filter(principal_id=principal_id)
    return next((mandate for mandate in map(as_record, rows) if rules.is_good(mandate, now=now)), None)


def mandates_of(*, representative_id: PersonId, now: datetime) -> tuple[MandateRecord, ...]:
    """List the mandates on which a person may act at this moment, in the order in which we got to know them."""
    found = map(as_record, _standing(representative_id))
    return tuple(mandate for mandate in found if rules.is_good(mandate, now=now))


def find_inquiry(*, person_id: PersonId) -> InquiryState | None:
    """Return how asking the register about a person stands, None if it was never asked."""
    row = Inquiry.objects.filter(pk=person_id).first()
    return InquiryState(asked_at=row.asked_at, answered_at=row.answered_at) if row else None


def people_to_ask_about(*, acting: Iterable[PersonId], limit: int, now: datetime) -> list[PersonId]:
    """List people about whom the register is to be asked anew, the longest unasked first: those who are acting for
    somebody after ten minutes, everybody else with a mandate after a day.
    """
    mandated = Exists(Mandate.objects.filter(representative_id=OuterRef("pk"), ended_at=None))
    due = Q(pk__in=list(acting), asked_at__lte=now - rules.ASK_ABOUT_ACTING) | Q(
        mandated, asked_at__lte=now - rules.ASK_ABOUT_OTHERS
    )
    rows = Inquiry.objects.filter(due).order_by("asked_at", "pk").values_list("pk", flat=True)
    return [PersonId(pk) for pk in rows[:limit]]


def register_state() -> RegisterState:
    """Return how the register has answered lately, from what was written down: it is not asked. Two queries."""
    silent = Q(answered_at=None) | Q(answered_at__lt=F("asked_at"))
    found = Inquiry.objects.aggregate(last=Max("answered_at"), unanswered=Count("pk", filter=silent))
    return RegisterState(
        is_connected=bool(settings.REPRESENTATIVES_REGISTER),
        last_answer_at=found["last"],
        unanswered=found["unanswered"],
        mandates=Mandate.objects.filter(ended_at=None).count(),
    )


def as_record(row: Mandate) -> MandateRecord:
    """Read a row; its principal must have come along."""
    return MandateRecord(
        mandate_id=MandateId(row.pk),
        representative_id=PersonId(row.representative_id),
        principal_id=LegalPersonId(row.principal_id),
        principal_name=row.principal.name,
        terms=Terms(
            scope=MandateScope(row.scope),
            services=frozenset(row.services),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
        ),
        source=row.source,
        confirmed_at=row.confirmed_at,
        ended_at=row.ended_at,
    )


def _standing(representative_id: PersonId) -> QuerySet[Mandate]:
    rows = Mandate.objects.filter(representative_id=representative_id, ended_at=None)
    return rows.select_related("principal").order_by("pk")
