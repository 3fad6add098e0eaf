"""The catalogue from files: all of it, or nothing and every reason."""

from collections.abc import Callable
from datetime import datetime

import pytest

from kapi.contexts.catalogue import selectors, services
from kapi.contexts.catalogue.errors import SamePerson
from kapi.contexts.catalogue.models import (
    Category,
    LegalResource,
    SearchPosting,
    SearchWord,
    Service,
    ServiceRevision,
)
from kapi.contexts.catalogue.values import ExportFormat, RevisionState
from kapi.foundation.audit.models import AuditRecord
from kapi.kernel.actors import system
from kapi.kernel.tables import FileRefused, Loaded
from tests.contexts.catalogue.rules.test_rows import services_csv
from tests.contexts.catalogue.services_in_tests import APPROVER, STUDENT_CERTIFICATE, prepare_catalogue, publish

pytestmark = pytest.mark.django_db
ACTOR = system("command:load")
PLACES = {"university": "https://u.example"}


def load(data: bytes, now: datetime, *, author_id: int = 1, approver_id: int = 2) -> Loaded:
    return services.load_services(
        data=data, places=PLACES, author_id=author_id, approver_id=approver_id, progress=print, actor=ACTOR, now=now
    )


def faults(call: Callable[[], object]) -> list[tuple[int, str, str]]:
    with pytest.raises(FileRefused) as refusal:
        call()
    assert all(fault.remedy for fault in refusal.value.faults)
    return [(fault.row, fault.column, fault.problem) for fault in refusal.value.faults]


class TestLoadServices:
    @pytest.fixture(autouse=True)
    def _prepared(self, now: datetime) -> None:
        prepare_catalogue(now)

    def test_publishes_with_author_and_approver(self, now: datetime) -> None:
        data = services_csv(
            {"code": "a", "title_tr": "Su Borcu", "categories": "egitim", "life_events": "universite"},
            {"code": "b", "title_tr": "Emlak Vergisi", "legal_basis": "Kanun;1319;;Emlak Vergisi Kanunu"},
        )
        assert load(data, now) == Loaded(added=2)
        page = selectors.get_service_page(code="a", language="tr")
        assert ([link.code for link in page.categories], [link.code for link in page.life_events]) == (
            ["egitim"],
            ["universite"],
        )
        assert page.online_address == "https://u.example/belge"
        (revision,) = selectors.revisions_of(service_code="a")
        assert (revision.state, revision.author_id, revision.approver_id) == (RevisionState.PUBLISHED, 1, 2)
        assert [hit.code for hit in selectors.search(query="emlak vergisi", language="tr")] == ["b"]
        assert Service.objects.get(code="b").legal_resources.get().number == "1319"
        record = AuditRecord.objects.get(action="catalogue.revision_published", subject_id="b")
        assert (record.details["author"], record.details["approver"]) == (1, 2)

    def test_does_nothing_the_second_time(self, now: datetime) -> None:
        data = services_csv({"code": "a"}, {"code": "b"})
        load(data, now)
        records = AuditRecord.objects.count()
        assert load(data, now) == Loaded(unchanged=2)
        assert (ServiceRevision.objects.count(), AuditRecord.objects.count()) == (2, records)

    def test_gives_what_changed_its_next_revision(self, now: datetime) -> None:
        load(services_csv({"code": "a", "title_tr": "Su Borcu"}, {"code": "b"}), now)
        changed = services_csv({"code": "a", "title_tr": "Doğalgaz Faturası", "categories": "egitim"}, {"code": "b"})
        assert load(changed, now) == Loaded(changed=1, unchanged=1)
        states = [(revision.number, revision.state) for revision in selectors.revisions_of(service_code="a")]
        assert states == [(2, RevisionState.PUBLISHED), (1, RevisionState.SUPERSEDED)]
        page = selectors.get_service_page(code="a", language="tr")
        assert (page.title, [link.code for link in page.categories]) == ("Doğalgaz Faturası", ["egitim"])
        assert [hit.code for hit in selectors.search(query="dogalgaz", language="tr")] == ["a"]
        assert selectors.search(query="su borcu", language="tr") == []

    def test_counts_the_services_of_each_word(self, now: datetime) -> None:
        load(services_csv({"code": "a", "title_tr": "Su Borcu"}, {"code": "b", "title_tr": "Su Aboneliği"}), now)
        load(services_csv({"code": "a", "title_tr": "Emlak Vergisi"}), now)
        counted = dict(SearchWord.objects.filter(services__gt=0).values_list("word", "services"))
        actual = {word: SearchPosting.objects.filter(word__word=word).count() for word in counted}
        assert counted == actual
        assert (counted["su"], "borcu" in counted) == (1, False)

    def test_leaves_an_open_draft_alone(self, now: datetime) -> None:
        publish("a", STUDENT_CERTIFICATE, now=now)
        draft_id = services.draft_revision(service_code="a", content=STUDENT_CERTIFICATE, actor=APPROVER, now=now)
        load(services_csv({"code": "a"}), now)
        states = {revision.number: revision.state for revision in selectors.revisions_of(service_code="a")}
        assert states == {1: RevisionState.SUPERSEDED, 2: RevisionState.DRAFT, 3: RevisionState.PUBLISHED}
        assert selectors.find_revision(draft_id) is not None

    def test_lists_every_fault_and_keeps_nothing(self, now: datetime) -> None:
        publish("emekli", STUDENT_CERTIFICATE, now=now)
        services.retire(service_code="emekli", actor=APPROVER, now=now)
        data = services_csv(
            {"code": "dogru"},
            {"code": "a", "kind": "?", "maturity": "?"},
            {"code": "dogru", "institution_code": "99999999"},
            {"code": "c", "categories": "egitim|yok", "life_events": "hic"},
            {"code": "emekli"},
        )
        assert faults(lambda: load(data, now)) == [
            (3, "kind", "unknown"),
            (3, "maturity", "not a number"),
            (4, "code", "also in row 2"),
            (4, "institution_code", "no such institution"),
            (5, "categories", "unknown: yok"),
            (5, "life_events", "unknown: hic"),
            (6, "code", "retired"),
        ]
        assert selectors.active_service_codes() == []

    def test_asks_for_two_people(self, now: datetime) -> None:
        with pytest.raises(SamePerson):
            load(services_csv({}), now, author_id=1, approver_id=1)

    def test_reads_its_own_export(self, now: datetime) -> None:
        publish("ogrenci-belgesi", STUDENT_CERTIFICATE, now=now)
        exported = selectors.export_service(code="ogrenci-belgesi", form=ExportFormat.JSON_LD).encode()
        assert load(exported, now) == Loaded(unchanged=1)
        changed = exported.replace("Öğrenci Belgesi Sorgulama".encode(), "Öğrenci Belgesi Alma".encode())
        assert load(changed, now) == Loaded(changed=1)
        assert selectors.get_service_page(code="ogrenci-belgesi", language="tr").title == "Öğrenci Belgesi Alma"

    def test_keeps_one_law_for_all_services_that_name_it(self, now: datetime) -> None:
        load(services_csv(*({"code": code, "legal_basis": "Kanun;5393;;Belediye"} for code in "abc")), now)
        assert LegalResource.objects.get().services.count() == 3


class TestLoadCatalogue:
    def load(self, now: datetime, steps: bytes = b"") -> Loaded:
        prepare_catalogue(now)
        return services.load_catalogue(
            categories=b"code,title_tr,title_en\nvergi,Vergi,Taxes\n",
            life_events=b"code,title_tr,title_en,summary_tr,summary_en,order\ntasinma,Ta\xc5\x9f\xc4\xb1nma,Moving,,,2\n",
            services=services_csv({"code": "a", "categories": "vergi", "life_events": "tasinma"}),
            life_event_steps=b"life_event,order,title_tr,title_en,service_code\n" + steps,
            places=PLACES,
            author_id=1,
            approver_id=2,
            progress=print,
            actor=ACTOR,
            now=now,
        )

    def test_loads_what_belongs_together(self, now: datetime) -> None:
        assert self.load(now, b"tasinma,2,\xc3\x96de,Pay,a\ntasinma,1,Ara,Call,\n") == Loaded(added=1)
        event = selectors.find_life_event(code="tasinma", language="en")
        assert event is not None
        assert [(step.title, step.service_code) for step in event.steps] == [("Call", ""), ("Pay", "a")]
        assert [line.code for line in event.services] == ["a"]
        counts = {line.code: line.services for line in selectors.categories(language="tr")}
        assert counts == {"vergi": 1, "egitim": 0, "nufus": 0}

    def test_keeps_nothing_when_the_last_file_is_wrong(self, now: datetime) -> None:
        assert faults(lambda: self.load(now, b"tasinma,x,A,,\n")) == [(2, "order", "not a number")]
        assert not Category.objects.filter(code="vergi").exists()
        assert selectors.active_service_codes() == []

    def test_names_the_faults_of_steps(self, now: datetime) -> None:
        assert faults(lambda: self.load(now, b"yok,1,,,zz\ntasinma,1,A,,\ntasinma,01,B,,\n")) == [
            (2, "life_event", "no such life event"),
            (2, "service_code", "no such service"),
            (2, "title_tr", "missing"),
            (4, "order", "also in row 3"),
        ]


class TestLoadCategories:
    def load(self, data: bytes, now: datetime) -> Loaded:
        return services.load_categories(data=data, author_id=1, approver_id=2, actor=ACTOR, now=now)

    def test_adds_changes_and_leaves_the_rest(self, now: datetime) -> None:
        self.load(b"code,title_tr,title_en\na,A,\nb,B,\n", now)
        assert self.load(b"code,title_tr,title_en\na,A2,\nc,C,\n", now) == Loaded(added=1, changed=1)
        assert {line.code: line.title for line in selectors.categories(language="tr")} == {
            "a": "A2",
            "b": "B",
            "c": "C",
        }

    def test_names_its_faults(self, now: datetime) -> None:
        assert faults(lambda: self.load(b"code,title_tr,title_en\nA!,,\na,A,\na,B,\n", now)) == [
            (2, "code", "not a code"),
            (2, "title_tr", "missing"),
            (4, "code", "also in row 3"),
        ]


class TestLoadLifeEvents:
    def test_keeps_their_order(self, now: datetime) -> None:
        data = b"code,title_tr,title_en,summary_tr,summary_en,order\nb,B,,,,2\na,A,,,,3\nc,C,,,,1\n"
        services.load_life_events(data=data, author_id=1, approver_id=2, actor=ACTOR, now=now)
        assert [line.code for line in selectors.life_events(language="tr")] == ["c", "b", "a"]


class TestLoadLifeEventSteps:
    def test_replaces_those_of_the_life_events_named(self, now: datetime) -> None:
        prepare_catalogue(now)
        header = b"life_event,order,title_tr,title_en,service_code\n"
        for rows in (b"universite,1,A,,\nuniversite,2,B,,\n", b"universite,5,C,,\n"):
            services.load_life_event_steps(data=header + rows, author_id=1, approver_id=2, actor=ACTOR, now=now)
        event = selectors.find_life_event(code="universite", language="tr")
        assert event is not None
        assert [step.title for step in event.steps] == ["C"]
