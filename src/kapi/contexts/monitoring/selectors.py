"""Questions about what people told us."""

from django.db.models import Count, Q

from kapi.contexts.monitoring.models import BarrierReport, Feedback
from kapi.contexts.monitoring.values import BarrierLine, FeedbackId, FeedbackLine, Usefulness
from kapi.foundation import keys

BARRIER_EMAIL = "barrier-report-email"
"""Purpose under which the e-mail address of a report is sealed."""


def recent_feedback(*, service_code: str | None, limit: int) -> list[FeedbackLine]:
    """Return feedback, the newest first; `service_code` narrows it to one service ("" to pages of no service)."""
    rows = Feedback.objects.order_by("-received_at", "-pk")
    if service_code is not None:
        rows = rows.filter(service_code=service_code)
    return [
        FeedbackLine(
            id=FeedbackId(row.pk),
            service_code=row.service_code,
            page=row.page,
            language=row.language,
            was_useful=row.was_useful,
            text=row.text,
            received_at=row.received_at,
        )
        for row in rows[:limit]
    ]


def usefulness_of(*, service_code: str) -> Usefulness:
    """Count the answers to "Was this page useful?" for one service."""
    counts = Feedback.objects.filter(service_code=service_code).aggregate(
        useful=Count("pk", filter=Q(was_useful=True)), not_useful=Count("pk", filter=Q(was_useful=False))
    )
    return Usefulness(useful=counts["useful"], not_useful=counts["not_useful"])


def recent_barrier_reports(*, limit: int) -> list[BarrierLine]:
    """Return reports of barriers, the newest first, with the address to answer to."""
    return [
        BarrierLine(
            number=row.number,
            page=row.page,
            language=row.language,
            text=row.text,
            aids=row.aids,
            email=keys.open_sealed(bytes(row.email_sealed), purpose=BARRIER_EMAIL) if row.email_sealed else "",
            received_at=row.received_at,
        )
        for row in BarrierReport.objects.order_by("-received_at", "-pk")[:limit]
    ]
