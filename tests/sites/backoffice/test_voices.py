"""What people told us reaches those who can do something about it."""

from datetime import datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kapi.contexts.catalogue import services
from kapi.contexts.catalogue.models import BarrierReport, Category, LifeEvent
from kapi.foundation.audit.models import AuditRecord
from kapi.kernel.actors import NOBODY
from tests.contexts.catalogue.services_in_tests import STUDENT_CERTIFICATE, publish
from tests.sites.backoffice.staff import MINISTRY, OTHER, rows, words

FEEDBACK = "/yonetim/geri-bildirim/"
BARRIERS = "/yonetim/engeller/"
SEARCHES = "/yonetim/bulunamayan-aramalar/"


@pytest.fixture
def voices(institutions: None, now: datetime) -> None:
    """Feedback on a service of each of two institutions and on a page, a barrier, two searches in vain."""
    Category.objects.create(code="egitim", title={"tr": "Eğitim"})
    Category.objects.create(code="nufus", title={"tr": "Nüfus"})
    LifeEvent.objects.create(code="universite", title={"tr": "Üniversite"}, position=1)
    for code, institution in (("bizim", MINISTRY), ("baska", OTHER)):
        publish(code, STUDENT_CERTIFICATE, now=now, institution_code=institution)
    say(now, "bizim", 1, "Telefon <b>yanlış</b>")
    say(now, "baska", 5, "")
    say(now, None, None, "Güzel olmuş")
    services.record_barrier_report(
        page="//kotu.example/",
        text="Düğme okunmuyor",
        contact="ayse@kapi.example",
        language="tr",
        actor=NOBODY,
        now=now,
    )
    for query in ("zürafa", "zürafa", "fil"):
        services.record_unanswered_search(query=query, actor=NOBODY, now=now)


def say(now: datetime, code: str | None, score: int | None, text: str) -> None:
    services.record_feedback(page="/", service_code=code, score=score, text=text, language="tr", actor=NOBODY, now=now)


@pytest.mark.usefixtures("voices")
class TestFeedback:
    def test_shows_an_institution_what_is_said_of_its_own_services(self, editor: Client) -> None:
        (row,) = rows(editor.get(FEEDBACK))
        assert (row[0], row[2], row[3]) == ("bizim", "Yaramadı", "Telefon <b>yanlış</b>")

    def test_shows_the_gateway_everything(self, operator: Client) -> None:
        assert [row[0] for row in rows(operator.get(FEEDBACK))] == ["/", "baska", "bizim"]

    def test_comes_in_pages(
        self, operator: Client, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(50):
            say(now, None, None, f"Söz {number}")
        with django_assert_num_queries(6):  # the session, its proof, the roles, emergencies, the voices, how many
            assert len(rows(operator.get(FEEDBACK))) == 50
        assert len(rows(operator.get(FEEDBACK, {"sayfa": "2"}))) == 3
        for page in ("3", "0", "x"):
            assert operator.get(FEEDBACK, {"sayfa": page}).status_code == 404


@pytest.mark.usefixtures("voices")
class TestBarriers:
    def test_show_what_stopped_somebody_and_lead_nowhere_a_stranger_chose(self, operator: Client) -> None:
        answer = operator.get(BARRIERS)
        (row,) = rows(answer)
        assert row[2:5] == ["//kotu.example/", "Düğme okunmuyor", "ayse@kapi.example"]
        assert b'href="//kotu' not in answer.content
        assert "1 tanesi yanıt bekliyor" in words(answer)
        assert "Yanıt bekleyen engel bildirimleri : 1" in words(operator.get("/yonetim/"))

    def test_are_answered_once(self, operator: Client) -> None:
        number = BarrierReport.objects.get().pk
        for _ in range(2):
            answer = operator.post(BARRIERS, {"answered": number}, follow=True)
        assert "yanıtlandığı yazıldı" in words(answer)
        assert rows(answer)[0][5] == "Yanıtlandı"
        assert AuditRecord.objects.filter(action="catalogue.barrier_answered").count() == 1

    @pytest.mark.parametrize("number", ["", "0", "x", "9" * 30])
    def test_are_not_answered_where_there_is_none(self, operator: Client, number: str) -> None:
        assert operator.post(BARRIERS, {"answered": number}).status_code == 404

    def test_are_not_for_institutions(self, editor: Client) -> None:
        assert editor.get(BARRIERS).status_code == 403
        assert editor.post(BARRIERS, {"answered": "1"}).status_code == 403
        assert "Engeller" not in words(editor.get("/yonetim/"))


@pytest.mark.usefixtures("voices")
class TestSearches:
    def test_show_the_words_that_services_lack(self, editor: Client) -> None:
        assert [row[:2] for row in rows(editor.get(SEARCHES))] == [["zürafa", "2"], ["fil", "1"]]
