"""Writing down what people tell us, and forgetting it in time."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError

from kapi.contexts.monitoring import selectors, services
from kapi.contexts.monitoring.errors import CommentRefused
from kapi.contexts.monitoring.models import BarrierReport, Feedback
from kapi.contexts.monitoring.values import COMMENT_WITHIN, KEPT_FOR, FeedbackId, Usefulness
from kapi.foundation.audit.models import AuditRecord
from kapi.kernel.actors import NOBODY
from kapi.kernel.errors import InvalidValue

pytestmark = pytest.mark.django_db


def _answer(now: datetime, *, was_useful: bool = True) -> FeedbackId:
    return services.give_answer(
        service_code="ogrenci-belgesi", page="/hizmet/ogrenci-belgesi/", language="tr", was_useful=was_useful,
        actor=NOBODY, now=now,
    )  # fmt: skip


class TestGiveAnswer:
    def test_is_counted_for_the_service(self, now: datetime) -> None:
        _answer(now)
        _answer(now, was_useful=False)
        _answer(now, was_useful=False)
        assert selectors.usefulness_of(service_code="ogrenci-belgesi") == Usefulness(useful=1, not_useful=2)
        assert selectors.usefulness_of(service_code="another") == Usefulness(useful=0, not_useful=0)

    def test_is_audited_without_a_word_of_it(self, now: datetime) -> None:
        feedback_id = _answer(now)
        audited = AuditRecord.objects.get()
        assert (audited.action, audited.subject_id, audited.details) == (
            "monitoring.feedback_given", str(feedback_id), {},
        )  # fmt: skip


class TestGiveFeedback:
    def test_keeps_words_without_numbers_that_may_name_a_person(self, now: datetime) -> None:
        services.give_feedback(
            service_code="", page="/yardim/?x=10000000146", language="en", was_useful=None,
            text="My number 100 000 001 46 is refused", actor=NOBODY, now=now,
        )  # fmt: skip
        (line,) = selectors.recent_feedback(service_code=None, limit=10)
        assert (line.text, line.page, line.was_useful) == ("My number [...] is refused", "/yardim/", None)

    def test_refuses_silence(self, now: datetime) -> None:
        with pytest.raises(InvalidValue):
            services.give_feedback(
                service_code="", page="/", language="tr", was_useful=None, text=" ", actor=NOBODY, now=now
            )
        assert not Feedback.objects.exists()

    def test_cannot_be_stored_empty(self, now: datetime) -> None:
        with pytest.raises(IntegrityError):
            Feedback.objects.create(page="/", language="tr", received_at=now)


class TestAddComment:
    def test_puts_words_beside_the_answer_once(self, now: datetime) -> None:
        feedback_id = _answer(now, was_useful=False)
        services.add_comment(
            feedback_id=feedback_id, text="Telefon yanlış", actor=NOBODY, now=now + timedelta(minutes=5)
        )
        (line,) = selectors.recent_feedback(service_code="ogrenci-belgesi", limit=10)
        assert (line.was_useful, line.text) == (False, "Telefon yanlış")
        with pytest.raises(CommentRefused):
            services.add_comment(feedback_id=feedback_id, text="yine", actor=NOBODY, now=now + timedelta(minutes=6))

    def test_comes_too_late_after_an_hour(self, now: datetime) -> None:
        feedback_id = _answer(now)
        with pytest.raises(CommentRefused):
            services.add_comment(
                feedback_id=feedback_id, text="geç", actor=NOBODY, now=now + COMMENT_WITHIN + timedelta(seconds=1)
            )

    def test_needs_an_answer(self, now: datetime) -> None:
        with pytest.raises(CommentRefused):
            services.add_comment(feedback_id=FeedbackId(404), text="kim", actor=NOBODY, now=now)


class TestReportBarrier:
    def test_seals_the_address_to_answer_to(self, now: datetime) -> None:
        number = services.report_barrier(
            page="/ara", language="tr", text="Arama düğmesine klavyeyle ulaşamadım", aids="NVDA, Firefox",
            email="ayse@example.org", actor=NOBODY, now=now,
        )  # fmt: skip
        assert b"ayse" not in bytes(BarrierReport.objects.get().email_sealed)
        (line,) = selectors.recent_barrier_reports(limit=5)
        assert (line.number, line.email, line.aids) == (number, "ayse@example.org", "NVDA, Firefox")

    def test_works_without_an_address(self, now: datetime) -> None:
        services.report_barrier(page="/", language="tr", text="x", aids="", email="", actor=NOBODY, now=now)
        assert selectors.recent_barrier_reports(limit=5)[0].email == ""

    @pytest.mark.parametrize(("field", "given"), [("text", {"text": ""}), ("email", {"email": "ayse"})])
    def test_names_the_field_that_is_wrong(self, field: str, given: dict[str, str], now: datetime) -> None:
        values = {"page": "/", "language": "tr", "text": "x", "aids": "", "email": ""} | given
        with pytest.raises(InvalidValue) as refusal:
            services.report_barrier(**values, actor=NOBODY, now=now)
        assert refusal.value.field == field
        assert not BarrierReport.objects.exists()

    def test_cannot_be_stored_without_words(self, now: datetime) -> None:
        with pytest.raises(IntegrityError):
            BarrierReport.objects.create(number="X", page="/", language="tr", text="", received_at=now)


class TestForgetOldFeedback:
    def test_deletes_what_is_older_than_we_promise(self, now: datetime) -> None:
        _answer(now - KEPT_FOR - timedelta(seconds=1))
        kept = _answer(now - KEPT_FOR)
        services.report_barrier(
            page="/", language="tr", text="x", aids="", email="", actor=NOBODY, now=now - KEPT_FOR - timedelta(days=1)
        )
        assert services.forget_old_feedback(actor=NOBODY, now=now) == 2
        assert [line.id for line in selectors.recent_feedback(service_code=None, limit=9)] == [kept]
        assert AuditRecord.objects.order_by("-pk")[0].details == {"feedback": 1, "barrier_reports": 1}

    def test_says_nothing_when_there_is_nothing(self, now: datetime) -> None:
        assert services.forget_old_feedback(actor=NOBODY, now=now) == 0
        assert not AuditRecord.objects.exists()
