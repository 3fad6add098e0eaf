"""`kapi load` says what it did, or everything that is wrong."""

from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kapi.commands.main import app
from kapi.contexts.catalogue import selectors
from kapi.contexts.catalogue.models import ServiceRevision
from kapi.contexts.institutions.models import Membership
from kapi.contexts.institutions.services import add_operating_institution, appoint_operator
from kapi.contexts.institutions.values import InstitutionDetails, InstitutionKind, Role
from kapi.kernel.actors import system
from kapi.kernel.identifiers import InstitutionCode
from kapi.kernel.langstring import LangString
from tests.contexts.catalogue.rules.test_rows import services_csv
from tests.contexts.catalogue.services_in_tests import prepare_catalogue

pytestmark = pytest.mark.django_db
ACTOR = system("test")
GATEWAY = "10000000"


@pytest.fixture(autouse=True)
def _two_in_office(now: datetime) -> None:
    details = InstitutionDetails(name=LangString("Dijital Ofis"), kind=InstitutionKind.AGENCY)
    add_operating_institution(code=InstitutionCode.parse(GATEWAY), details=details, actor=ACTOR, now=now)
    for person_id, role in ((1, Role.OPERATOR), (2, Role.OPERATOR_APPROVER)):
        appoint_operator(person_id=person_id, institution_code=GATEWAY, role=role, actor=ACTOR, now=now)


class TestLoadCatalogue:
    def test_publishes_and_says_how_many(self, tmp_path: Path, now: datetime) -> None:
        prepare_catalogue(now)
        file = tmp_path / "services.csv"
        file.write_bytes(services_csv({"code": "a"}, {"code": "b"}))
        place = ["--place", "university=https://u.example"]
        done = CliRunner().invoke(app, ["load", "catalogue", str(file), *place])
        assert (done.exit_code, done.stdout) == (0, "services: 2 added, 0 changed, 0 as before\n")
        assert selectors.active_service_codes() == ["a", "b"]

    def test_lists_every_fault(self, tmp_path: Path, now: datetime) -> None:
        prepare_catalogue(now)
        file = tmp_path / "services.csv"
        file.write_bytes(services_csv({"code": "A"}, {"code": "b", "kind": "?"}))
        done = CliRunner().invoke(app, ["load", "catalogue", str(file)], env={"COLUMNS": "200"})
        assert done.exit_code == 1
        for said in ("nothing was loaded", "2", "code", "3", "kind", "faults. Mend the file"):
            assert said in done.stderr
        assert selectors.active_service_codes() == []

    def test_asks_for_two_people(self, tmp_path: Path, now: datetime) -> None:
        file = tmp_path / "services.csv"
        file.write_bytes(services_csv({}))
        done = CliRunner().invoke(app, ["load", "catalogue", str(file), "--author", "1", "--approver", "1"])
        assert (done.exit_code, "two people" in done.stderr) == (1, True)

    def test_lets_the_operators_answer_for_it_and_else_two_who_work_in_the_gateway(
        self, tmp_path: Path, now: datetime
    ) -> None:
        prepare_catalogue(now)
        file = tmp_path / "services.csv"
        file.write_bytes(services_csv({"code": "a"}))
        place = ["--place", "university=https://u.example"]
        for option in ("--author", "--approver"):
            refused = CliRunner().invoke(
                app, ["load", "catalogue", str(file), *place, option, "999"], env={"COLUMNS": "200"}
            )
            assert (refused.exit_code, "nobody with the id 999" in refused.stderr) == (2, True)
        assert CliRunner().invoke(app, ["load", "catalogue", str(file), *place]).exit_code == 0
        revision = ServiceRevision.objects.get(service__code="a")
        assert (revision.author_id, revision.approver_id) == (1, 2)

    def test_asks_for_people_where_nobody_is_in_office(self, tmp_path: Path) -> None:
        Membership.objects.all().delete()
        file = tmp_path / "services.csv"
        file.write_bytes(services_csv({}))
        done = CliRunner().invoke(app, ["load", "catalogue", str(file)], env={"COLUMNS": "200"})
        assert (done.exit_code, "kapi person operator" in done.stderr) == (2, True)

    def test_explains_the_form_of_a_place(self, tmp_path: Path) -> None:
        file = tmp_path / "services.csv"
        file.write_bytes(services_csv({}))
        done = CliRunner().invoke(app, ["load", "catalogue", str(file), "--place", "x"])
        assert (done.exit_code, "NAME=ADDRESS" in done.stderr) == (2, True)


class TestLoadInstitutions:
    def test_takes_the_demo_file_form(self, tmp_path: Path) -> None:
        file = tmp_path / "institutions.csv"
        header = "code,parent_code,name_tr,name_en,kind,url,phone,address_tr,description_tr,description_en\n"
        file.write_text(header + "90000001,,Adalet Bakanlığı,Ministry of Justice,ministry,,,,,\n")
        done = CliRunner().invoke(app, ["load", "institutions", str(file)])
        assert (done.exit_code, done.stdout) == (0, "institutions: 1 added, 0 changed, 0 as before\n")
