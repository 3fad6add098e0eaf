"""Writing down what people tell us, and forgetting it in time."""

from datetime import datetime

from django.db import transaction

from kapi.contexts.monitoring import rules
from kapi.contexts.monitoring.errors import CommentRefused
from kapi.contexts.monitoring.models import BarrierReport, Feedback
from kapi.contexts.monitoring.selectors import BARRIER_EMAIL
from kapi.contexts.monitoring.values import KEPT_FOR, FeedbackId
from kapi.foundation import keys
from kapi.foundation.audit.services import record
from kapi.kernel.actors import Actor


def give_answer(
    *, service_code: str, page: str, language: str, was_useful: bool, actor: Actor, now: datetime
) -> FeedbackId:
    """Keep the one-click answer to "Was this page useful?"; `add_comment` may follow."""
    return _keep(
        service_code=service_code, page=page, language=language, was_useful=was_useful, text="", actor=actor, now=now
    )


def give_feedback(
    *, service_code: str, page: str, language: str, was_useful: bool | None, text: str, actor: Actor, now: datetime
) -> FeedbackId:
    """Keep words about a page or a service. Who wrote them is not kept; long numbers in them are hidden.

    :raises InvalidValue: field `text`, reason `empty` or `length`.
    """
    words = rules.words_to_keep(text, field="text", is_required=True)
    return _keep(
        service_code=service_code, page=page, language=language, was_useful=was_useful, text=words, actor=actor, now=now
    )


def add_comment(*, feedback_id: FeedbackId, text: str, actor: Actor, now: datetime) -> None:
    """Put words beside an answer given a short time ago.

    :raises InvalidValue: field `text`, reason `empty` or `length`.
    :raises CommentRefused: if there is no such answer, it has words already, or it is too old.
    """
    words = rules.words_to_keep(text, field="text", is_required=True)
    with transaction.atomic():
        row = Feedback.objects.select_for_update().filter(pk=feedback_id).first()
        if row is None:
            raise CommentRefused
        rules.require_room_for_comment(text=row.text, received_at=row.received_at, now=now)
        row.text = words
        row.save(update_fields=["text"])
        record(
            action="monitoring.comment_added",
            subject_kind="feedback",
            subject_id=str(feedback_id),
            actor=actor,
            now=now,
        )


def report_barrier(*, page: str, language: str, text: str, aids: str, email: str, actor: Actor, now: datetime) -> str:
    """Keep a report of something that kept a person from using the site; return its number.

    :raises InvalidValue: field `text` (reason `empty` or `length`), `aids` (`length`) or `email` (`form`).
    """
    words = rules.words_to_keep(text, field="text", is_required=True)
    kept_aids = rules.words_to_keep(aids, field="aids", is_required=False)
    address = rules.email_to_keep(email)
    number = rules.draw_report_number()
    with transaction.atomic():
        BarrierReport.objects.create(
            number=number,
            page=rules.page_to_keep(page),
            language=language,
            text=words,
            aids=kept_aids,
            email_sealed=keys.seal(address, purpose=BARRIER_EMAIL) if address else b"",
            received_at=now,
        )
        record(
            action="monitoring.barrier_reported",
            subject_kind="barrier_report",
            subject_id=number,
            actor=actor,
            now=now,
        )
    return number


def forget_old_feedback(*, actor: Actor, now: datetime) -> int:
    """Delete feedback and reports that are older than `KEPT_FOR`; return how many."""
    with transaction.atomic():
        feedback, _ = Feedback.objects.filter(received_at__lt=now - KEPT_FOR).delete()
        reports, _ = BarrierReport.objects.filter(received_at__lt=now - KEPT_FOR).delete()
        if feedback or reports:
            record(
                action="monitoring.feedback_forgotten",
                subject_kind="feedback",
                subject_id="old",
                actor=actor,
                now=now,
                details={"feedback": feedback, "barrier_reports": reports},
            )
    return feedback + reports


def _keep(
    *, service_code: str, page: str, language: str, was_useful: bool | None, text: str, actor: Actor, now: datetime
) -> FeedbackId:
    with transaction.atomic():
        row = Feedback.objects.create(
            service_code=service_code,
            page=rules.page_to_keep(page),
            language=language,
            was_useful=was_useful,
            text=text,
            received_at=now,
        )
        record(
            action="monitoring.feedback_given",
            subject_kind="feedback",
            subject_id=str(row.pk),
            actor=actor,
            now=now,
        )
    return FeedbackId(row.pk)
