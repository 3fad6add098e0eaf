"""Institutions from a file: all of it, or nothing and every reason."""

from datetime import datetime

import pytest

from kapi.contexts.institutions import selectors, services
from kapi.contexts.institutions.errors import AuthorIsApprover
from kapi.contexts.institutions.models import Institution
from kapi.foundation.audit.models import AuditRecord
from kapi.kernel.actors import system
from kapi.kernel.tables import FileRefused, Loaded

pytestmark = pytest.mark.django_db
HEADER = "code,parent_code,name_tr,name_en,kind,url,phone,address_tr,description_tr,description_en\n"
FILE = HEADER + (
    "10000002,10000001,Nüfus İşleri,Civil Registration,unit,,,,,\n"
    "10000001,,İçişleri Bakanlığı,Ministry of Interior,ministry,https://i.example,+90 1,Ankara,Tanım,About\n"
)


def load(text: str, now: datetime, *, author_id: int = 1, approver_id: int = 2) -> Loaded:
    return services.load_institutions(
        data=text.encode(), author_id=author_id, approver_id=approver_id, actor=system("command:load"), now=now
    )


def faults(text: str, now: datetime) -> list[tuple[int, str, str]]:
    with pytest.raises(FileRefused) as refusal:
        load(text, now)
    return [(fault.row, fault.column, fault.problem) for fault in refusal.value.faults]


class TestLoadInstitutions:
    def test_adds_a_tree_whatever_the_order_of_its_rows(self, now: datetime) -> None:
        assert load(FILE, now) == Loaded(added=2)
        view = selectors.get_institution("10000002", language="en")
        assert (view.name, [line.name for line in view.ancestors]) == ("Civil Registration", ["Ministry of Interior"])
        assert [line.code for line in view.ancestors] == ["10000001"]

    def test_changes_nothing_the_second_time(self, now: datetime) -> None:
        load(FILE, now)
        assert load(FILE, now) == Loaded(unchanged=2)

    def test_takes_over_what_changed(self, now: datetime) -> None:
        load(FILE, now)
        assert load(FILE.replace("Nüfus İşleri", "Nüfus"), now) == Loaded(changed=1, unchanged=1)
        assert selectors.get_institution("10000002").name == "Nüfus"
        assert [line.code for line in selectors.search_institutions(query="nufus", limit=5, language="tr")]

    def test_says_in_the_audit_trail_who_answers_for_it(self, now: datetime) -> None:
        load(FILE, now)
        rows = AuditRecord.objects.filter(action="institutions.institution_added").order_by("subject_id")
        assert [row.subject_id for row in rows] == ["10000001", "10000002"]
        assert (rows[0].details["author"], rows[0].details["approver"]) == (1, 2)

    def test_asks_for_two_people(self, now: datetime) -> None:
        with pytest.raises(AuthorIsApprover):
            load(FILE, now, author_id=1, approver_id=1)

    def test_lists_every_fault_and_keeps_nothing(self, now: datetime) -> None:
        text = HEADER + (
            "10000001,,Doğru,,ministry,,,,,\n"
            "1000000x,,,,club,ftp://a,,,,\n"
            "10000001,,Yine,,ministry,,,,,\n"
            "10000003,99999999,Öksüz,,unit,,,,,\n"
        )
        assert faults(text, now) == [
            (3, "code", "not a code"),
            (3, "kind", "unknown"),
            (3, "name_tr", "missing"),
            (3, "url", "not an address"),
            (4, "code", "also in row 2"),
            (5, "parent_code", "no such institution"),
        ]
        assert not Institution.objects.exists()

    def test_refuses_a_circle(self, now: datetime) -> None:
        text = HEADER + "10000001,10000002,A,,unit,,,,,\n10000002,10000001,B,,unit,,,,,\n"
        assert [fault[2] for fault in faults(text, now)] == ["no such institution"] * 2

    def test_does_not_move_a_unit(self, now: datetime) -> None:
        load(FILE, now)
        assert faults(FILE.replace("10000002,10000001", "10000002,"), now) == [
            (2, "parent_code", "differs from before")
        ]
