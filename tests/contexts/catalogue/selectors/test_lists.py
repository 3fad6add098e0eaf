"""Lists of services, each in a fixed number of queries."""

from dataclasses import replace
from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kapi.contexts.catalogue import selectors, services
from kapi.contexts.catalogue.models import LifeEvent, LifeEventStep, Service
from kapi.contexts.catalogue.selectors import lists
from kapi.contexts.catalogue.values import Duration, RevisionState, ServiceStatus
from kapi.kernel.langstring import LangString
from tests.contexts.catalogue.services_in_tests import (
    APPROVER,
    EDITOR,
    STUDENT_CERTIFICATE,
    prepare_catalogue,
    publish,
    titled,
)
from tests.contexts.institutions.institutions_in_tests import add_top, add_unit, grow_tree

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _catalogue(now: datetime) -> None:
    prepare_catalogue(now)
    add_unit("10000002", "10000001", "Öğrenci İşleri", now=now)
    add_top("10000009", "Başka Kurum", now=now)
    publish("sinav", titled("Şınav Sonucu", "Exam result"), now=now)
    publish("cagri", titled("Çağrı Merkezi", "Call centre"), now=now, institution_code="10000002")
    publish("iptal", titled("İptal Başvurusu", "Cancellation"), now=now)
    publish("baska", replace(titled("Ilıca Bilgisi"), categories=("nufus",), life_events=()), now=now,
            institution_code="10000009")  # fmt: skip
    publish("emekli", titled("Emekli Hizmet"), now=now)
    services.retire(service_code="emekli", actor=APPROVER, now=now)
    services.draft_service(
        code="taslak", institution_code="10000001", content=STUDENT_CERTIFICATE, actor=EDITOR, now=now
    )


class TestServicesInCategory:
    def test_stand_in_turkish_order_and_are_active(self) -> None:
        found = selectors.services_in_category(code="egitim", language="tr")
        assert found is not None
        link, listing = found
        assert (link.title, [line.code for line in listing.lines]) == ("Eğitim", ["cagri", "iptal", "sinav"])
        assert listing.total == 3

    def test_stand_in_the_order_of_their_english_titles_in_english(self) -> None:
        found = selectors.services_in_category(code="egitim", language="en")
        assert found is not None
        assert [line.title for line in found[1].lines] == ["Call centre", "Cancellation", "Exam result"]

    def test_come_in_stretches(self) -> None:
        found = selectors.services_in_category(code="egitim", language="tr", start=1, limit=1)
        assert found is not None
        assert ([line.code for line in found[1].lines], found[1].total) == (["iptal"], 3)

    def test_are_none_in_an_unknown_category(self) -> None:
        assert selectors.services_in_category(code="yok", language="tr") is None

    def test_take_three_queries(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            selectors.services_in_category(code="egitim", language="tr")
        assert len(queries) == 3


class TestServicesOfInstitution:
    def test_hold_those_of_its_units(self) -> None:
        listing = selectors.services_of_institution(code="10000001", language="tr")
        assert [(line.code, line.institution.code) for line in listing.lines] == [
            ("cagri", "10000002"),
            ("iptal", "10000001"),
            ("sinav", "10000001"),
        ]
        assert [
            line.code for line in selectors.services_of_institution(code="10000002", language="tr").lines
        ] == ["cagri"]  # fmt: skip

    def test_are_none_of_an_unknown_institution(self) -> None:
        assert selectors.services_of_institution(code="77777777", language="tr").total == 0

    def test_take_four_queries(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            selectors.services_of_institution(code="10000001", language="tr")
        assert len(queries) == 4


class TestServicesPerInstitution:
    def test_counts_what_each_has_itself(self) -> None:
        assert selectors.services_per_institution() == {"10000001": 2, "10000002": 1, "10000009": 1}


class TestCategories:
    def test_count_their_active_services(self) -> None:
        lines = selectors.categories(language="tr")
        assert [(line.code, line.services) for line in lines] == [("egitim", 3), ("nufus", 4)]


class TestFindLifeEvent:
    def test_gives_steps_in_order_and_hides_what_is_not_offered(self) -> None:
        event = LifeEvent.objects.get(pk="universite")
        for position, code in ((2, "sinav"), (1, None), (3, "emekli")):
            LifeEventStep.objects.create(
                life_event=event,
                position=position,
                title={"tr": f"Adım {position}"},
                service=Service.objects.get(code=code) if code else None,
            )
        with CaptureQueriesContext(connection) as queries:
            page = selectors.find_life_event(code="universite", language="en")
        assert len(queries) == 4
        assert page is not None
        assert (page.title, page.title.language) == ("Going to university", "en")
        assert [(step.title, step.service_code) for step in page.steps] == [
            ("Adım 1", ""),
            ("Adım 2", "sinav"),
            ("Adım 3", ""),
        ]
        assert [line.code for line in page.services] == ["cagri", "iptal", "sinav"]

    def test_is_none_for_an_unknown_one(self) -> None:
        assert selectors.find_life_event(code="yok", language="tr") is None


class TestStandardsOf:
    def test_says_what_the_law_asks_for(self) -> None:
        rows = selectors.standards_of(institution_code="10000001", language="tr").rows
        assert [row.code for row in rows] == ["cagri", "iptal", "sinav"]
        (row, *_) = rows
        assert (row.name, row.documents) == ("Çağrı Merkezi", ("Kimlik belgesi", "Dilekçe"))
        assert row.completion_time == Duration(days=3, working_days=True)
        assert row.complaint_authority == "Yükseköğretim Kurulu"

    def test_gives_a_stretch_and_says_how_many_there_are(self) -> None:
        table = selectors.standards_of(institution_code="10000001", language="tr", start=1, limit=1)
        assert ([row.code for row in table.rows], table.total) == (["iptal"], 3)

    def test_takes_four_queries(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            selectors.standards_of(institution_code="10000001", language="tr")
        assert len(queries) == 4


class TestAllStandardsOf:
    @pytest.mark.parametrize("batch", [1, 2, 3, 500])
    def test_gives_the_same_rows_in_batches_of_any_size(self, monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
        monkeypatch.setattr(lists, "_BATCH", batch)
        for language in ("tr", "en"):
            whole = selectors.standards_of(institution_code="10000001", language=language).rows
            assert tuple(selectors.all_standards_of(institution_code="10000001", language=language)) == whole


class TestLargeTree:
    """Thousands of units below one institution change neither the number of questions nor their length."""

    def test_lists_ask_as_many_questions_as_for_a_small_one(self, now: datetime) -> None:
        grow_tree(9_000, now)
        Service.objects.filter(code="cagri").update(institution="20008001")
        for ask in (
            lambda code: selectors.services_of_institution(code=code, language="tr", limit=2),
            lambda code: selectors.standards_of(institution_code=code, language="tr", limit=2),
            lambda code: selectors.active_services(institution_code=code, language="tr", limit=2),
            lambda code: selectors.overview_of(within=[code], language="tr", limit=2),
        ):
            with CaptureQueriesContext(connection) as small:
                ask("10000001")
            with CaptureQueriesContext(connection) as large:
                found = ask("20000001")
            assert len(large) <= len(small) <= 5
            assert max(len(query["sql"]) for query in large) < 3_000
            total = found[1] if isinstance(found, tuple) else found.total
            assert total == 1


class TestOverviewOf:
    def test_shows_what_is_public_and_what_is_being_written(self) -> None:
        found, total = selectors.overview_of(within=["10000001"], language="tr")
        shown = {line.code: (line.status, line.open_state) for line in found}
        assert total == 5
        assert shown == {
            "cagri": (ServiceStatus.ACTIVE, None),
            "emekli": (ServiceStatus.RETIRED, None),
            "iptal": (ServiceStatus.ACTIVE, None),
            "sinav": (ServiceStatus.ACTIVE, None),
            "taslak": (ServiceStatus.IN_PREPARATION, RevisionState.DRAFT),
        }

    def test_shows_all_to_those_who_may_see_all(self) -> None:
        _, total = selectors.overview_of(within=None, language="tr")
        assert total == 6


class TestLangString:
    def test_titles_say_which_language_they_are_in(self) -> None:
        lines = selectors.services_of_institution(code="10000009", language="en").lines
        assert [(line.title, line.title.language) for line in lines] == [("Ilıca Bilgisi", "tr")]
        assert LangString.read(Service.objects.get(code="baska").title).en == ""
