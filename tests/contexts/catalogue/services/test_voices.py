"""What people tell us is kept without what names them."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from kapi.contexts.catalogue import selectors, services
from kapi.contexts.catalogue.models import BarrierReport, Feedback, ServiceUse
from kapi.contexts.catalogue.values import UseKind
from kapi.kernel.actors import NOBODY
from kapi.kernel.errors import InvalidValue
from tests.contexts.catalogue.services_in_tests import STUDENT_CERTIFICATE, prepare_catalogue, publish

pytestmark = pytest.mark.django_db


def tell(now: datetime, **said: object) -> None:
    services.record_feedback(
        **{  # type: ignore[arg-type]
            "page": "/hizmet/a/", "service_code": None, "score": 4, "text": "", "language": "tr",
            "actor": NOBODY, "now": now,
        } | said
    )  # fmt: skip


class TestRecordFeedback:
    def test_hides_numbers_and_seals_the_text(self, now: datetime) -> None:
        tell(now, text="Numaram 10000000146, belge gelmedi", page="/hizmet/a/?q=10000000146")
        (found,) = selectors.feedback_on(service_codes=None, limit=9)
        assert (found.text, found.page) == ("Numaram [...], belge gelmedi", "/hizmet/a/")
        stored = bytes(Feedback.objects.get().text_sealed)
        assert b"belge" not in stored

    def test_belongs_to_its_service(self, now: datetime) -> None:
        prepare_catalogue(now)
        publish("a", STUDENT_CERTIFICATE, now=now)
        for score in (5, 5, 2):
            tell(now, service_code="a", score=score)
        tell(now, service_code="yok", score=1)
        scores = selectors.scores_of(service_code="a")
        assert (scores.count, scores.mean, scores.by_score) == (3, 4.0, {2: 1, 5: 2})
        assert len(selectors.feedback_on(service_codes=["a"], limit=9)) == 3
        assert len(selectors.feedback_on(service_codes=None, limit=9)) == 4

    @pytest.mark.parametrize(
        "said",
        [
            {"score": None},
            {"score": 0},
            {"score": 6},
            {"text": "a" * 4001},
            {"page": "http://elsewhere"},
            {"language": "de"},
        ],
    )
    def test_refuses_what_is_out_of_bounds(self, said: dict[str, object], now: datetime) -> None:
        with pytest.raises(InvalidValue):
            tell(now, **said)
        assert not Feedback.objects.exists()

    def test_the_database_itself_refuses_a_sixth_star(self, now: datetime) -> None:
        tell(now)
        with pytest.raises(IntegrityError, match="feedback_score_1_to_5"), transaction.atomic():
            Feedback.objects.update(score=6)


class TestRecordBarrierReport:
    def test_seals_what_was_said_and_how_to_answer(self, now: datetime) -> None:
        number = services.record_barrier_report(
            page="/ara", text="Odak görünmüyor", contact="a@example.org", language="tr", actor=NOBODY, now=now
        )
        (found,) = selectors.barrier_reports(limit=9)
        assert (found.id, found.text, found.contact) == (number, "Odak görünmüyor", "a@example.org")
        row = BarrierReport.objects.get()
        assert b"example.org" not in bytes(row.contact_sealed) + bytes(row.text_sealed)

    @pytest.mark.parametrize(("text", "contact"), [("", ""), ("  ", "a@b"), ("a" * 4001, ""), ("a", "b" * 201)])
    def test_refuses_what_is_out_of_bounds(self, text: str, contact: str, now: datetime) -> None:
        with pytest.raises(InvalidValue):
            services.record_barrier_report(
                page="/ara", text=text, contact=contact, language="tr", actor=NOBODY, now=now
            )


class TestRecordUnansweredSearch:
    def test_counts_one_query_in_all_its_spellings(self, now: datetime) -> None:
        for hours, query in enumerate(("Uçan Halı", "ucan hali", "UÇAN HALI!")):
            services.record_unanswered_search(query=query, actor=NOBODY, now=now + timedelta(hours=hours))
        (found,) = selectors.unanswered_searches(limit=9)
        assert (found.text, found.times, found.last_at) == ("Uçan Halı", 3, now + timedelta(hours=2))

    @pytest.mark.parametrize(
        "query", ["10000000146 belge", "1000 0000 146 belge", "100-000-001-46 belge", "10000 belge"]
    )
    def test_hides_identity_numbers(self, query: str, now: datetime) -> None:
        services.record_unanswered_search(query=query, actor=NOBODY, now=now)
        (found,) = selectors.unanswered_searches(limit=9)
        assert not any(character.isdigit() for character in found.text)

    def test_keeps_nothing_of_nothing(self, now: datetime) -> None:
        services.record_unanswered_search(query=" ?! ", actor=NOBODY, now=now)
        assert selectors.unanswered_searches(limit=9) == []


class TestCountUses:
    def test_adds_up_by_day_and_kind(self, now: datetime) -> None:
        prepare_catalogue(now)
        publish("a", STUDENT_CERTIFICATE, now=now)
        late = now.replace(hour=22)  # 01:00 of the next day in Türkiye
        for at, kind, times in (
            (now, UseKind.START, 1),
            (now, UseKind.START, 2),
            (now, UseKind.VIEW, 7),
            (late, UseKind.START, 4),
        ):
            services.count_uses(counts={"a": times, "yok": 9}, kind=kind, actor=NOBODY, now=at)
        uses = ServiceUse.objects.order_by("day", "kind").values_list("day__day", "kind", "count")
        assert list(uses) == [(22, "start", 3), (22, "view", 7), (23, "start", 4)]
