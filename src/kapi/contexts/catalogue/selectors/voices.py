"""What people told us: feedback, and searches that found nothing."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count

from kapi.contexts.catalogue.models import BarrierReport, Feedback, UnansweredSearch
from kapi.contexts.catalogue.values import BarrierView, FeedbackView, Scores, UnansweredQuery
from kapi.contexts.institutions.selectors import at_or_below
from kapi.foundation.keys import open_sealed

FEEDBACK_PURPOSE = "catalogue.feedback"
BARRIER_PURPOSE = "catalogue.barrier"


def feedback_on(*, service_codes: Iterable[str] | None, limit: int) -> list[FeedbackView]:
    """Return what people told us about these services (None: about any page), the newest first."""
    rows = Feedback.objects.select_related("service").order_by("-pk")
    if service_codes is not None:
        rows = rows.filter(service__code__in=list(service_codes))
    return [_feedback(row) for row in rows[:limit]]


def feedback_within(*, within: Iterable[str] | None, start: int = 0, limit: int) -> tuple[list[FeedbackView], int]:
    """Return a stretch of the feedback on services at and below these institutions (None: on any page), newest first.

    The number is how many there are in all. Two queries.
    """
    rows = Feedback.objects.select_related("service").order_by("-pk")
    if within is not None:
        rows = rows.filter(at_or_below(within, column="service__institution"))
    return [_feedback(row) for row in rows[start : start + limit]], rows.count()


def barrier_reports(*, start: int = 0, limit: int) -> list[BarrierView]:
    """Return the barriers that people met, the newest first."""
    return [
        BarrierView(
            id=row.pk,
            page=row.page,
            text=open_sealed(bytes(row.text_sealed), purpose=BARRIER_PURPOSE),
            contact=open_sealed(bytes(row.contact_sealed), purpose=BARRIER_PURPOSE),
            language=row.language,
            at=row.at,
            answered_at=row.answered_at,
        )
        for row in BarrierReport.objects.order_by("-pk")[start : start + limit]
    ]


def count_waiting_barriers() -> tuple[int, int]:
    """Count all barriers that are kept, and those of them that nobody has answered. One query."""
    found = BarrierReport.objects.aggregate(kept=Count("pk"), answered=Count("answered_at"))
    return found["kept"], found["kept"] - found["answered"]


def count_barriers(*, since: datetime) -> tuple[int, int]:
    """Count the barriers reported since then, and those of them that were answered. One query."""
    found = BarrierReport.objects.filter(at__gte=since).aggregate(reported=Count("pk"), answered=Count("answered_at"))
    return found["reported"], found["answered"]


def scores_of(*, service_code: str) -> Scores:
    """Return how people judged a service."""
    rows = Feedback.objects.filter(service__code=service_code, score__isnull=False).values_list("score")
    by_score = {score or 0: count for score, count in rows.annotate(count=Count("pk")).order_by("score")}
    count = sum(by_score.values())
    mean = sum(score * times for score, times in by_score.items()) / count if count else None
    return Scores(count, mean, by_score)


def unanswered_searches(*, limit: int) -> list[UnansweredQuery]:
    """Return what people searched for and did not find, the most frequent first."""
    rows = UnansweredSearch.objects.order_by("-times", "-last_at", "pk")[:limit]
    return [UnansweredQuery(row.text, row.times, row.last_at) for row in rows]


def _feedback(row: Feedback) -> FeedbackView:
    return FeedbackView(
        page=row.page,
        service_code=row.service.code if row.service else "",
        score=row.score,
        text=open_sealed(bytes(row.text_sealed), purpose=FEEDBACK_PURPOSE),
        language=row.language,
        at=row.at,
    )
