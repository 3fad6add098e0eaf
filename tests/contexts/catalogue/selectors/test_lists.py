"""Lists of services, each in a fixed number of queries."""

from dataclasses import replace
from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kapi.contexts.catalogue import selectors, services
from kapi.contexts.catalogue.models import LifeEvent, LifeEventStep, Service
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
from tests.contexts.institutions.institutions_in_tests import add_top, add_unit

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

    def test_take_three_queries(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            selectors.services_of_institution(code="10000001", language="tr")
        assert len(queries) == 3


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
        rows = selectors.standards_of(institution_code="10000001", language="tr")
        assert [row.code for row in rows] == ["cagri", "iptal", "sinav"]
        (row, *_) = rows
        assert (row.name, row.documents) == ("Çağrı Merkezi", ("Kimlik belgesi", "Dilekçe"))
        assert row.completion_time == Duration(days=3, working_days=True)
        assert row.complaint_authority == "Yükseköğretim Kurulu"

    def test_takes_two_queries(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            selectors.standards_of(institution_code="10000001", language="tr")
        assert len(queries) == 2


class TestOverviewOf:
    def test_shows_what_is_public_and_what_is_being_written(self) -> None:
        found, total = selectors.overview_of(institution_codes=["10000001"], language="tr")
        shown = {line.code: (line.status, line.open_state) for line in found}
        assert total == 4
        assert shown == {
            "emekli": (ServiceStatus.RETIRED, None),
            "iptal": (ServiceStatus.ACTIVE, None),
            "sinav": (ServiceStatus.ACTIVE, None),
            "taslak": (ServiceStatus.IN_PREPARATION, RevisionState.DRAFT),
        }

    def test_shows_all_to_those_who_may_see_all(self) -> None:
        _, total = selectors.overview_of(institution_codes=None, language="tr")
        assert total == 6


class TestLangString:
    def test_titles_say_which_language_they_are_in(self) -> None:
        lines = selectors.services_of_institution(code="10000009", language="en").lines
        assert [(line.title, line.title.language) for line in lines] == [("Ilıca Bilgisi", "tr")]
        assert LangString.read(Service.objects.get(code="baska").title).en == ""
