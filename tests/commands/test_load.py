"""`kapi load` says what it did, or everything that is wrong."""

from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kapi.commands.main import app
from kapi.contexts.catalogue import selectors
from tests.contexts.catalogue.rules.test_rows import services_csv
from tests.contexts.catalogue.services_in_tests import prepare_catalogue

pytestmark = pytest.mark.django_db
PEOPLE = ["--author", "1", "--approver", "2"]


class TestLoadCatalogue:
    def test_publishes_and_says_how_many(self, tmp_path: Path, now: datetime) -> None:
        prepare_catalogue(now)
        file = tmp_path / "services.csv"
        file.write_bytes(services_csv({"code": "a"}, {"code": "b"}))
        place = ["--place", "university=https://u.example"]
        done = CliRunner().invoke(app, ["load", "catalogue", str(file), *PEOPLE, *place])
        assert (done.exit_code, done.stdout) == (0, "services: 2 added, 0 changed, 0 as before\n")
        assert selectors.active_service_codes() == ["a", "b"]

    def test_lists_every_fault(self, tmp_path: Path, now: datetime) -> None:
        prepare_catalogue(now)
        file = tmp_path / "services.csv"
        file.write_bytes(services_csv({"code": "A"}, {"code": "b", "kind": "?"}))
        done = CliRunner().invoke(app, ["load", "catalogue", str(file), *PEOPLE], env={"COLUMNS": "200"})
        assert done.exit_code == 1
        for said in ("nothing was loaded", "2", "code", "3", "kind", "faults. Mend the file"):
            assert said in done.stderr
        assert selectors.active_service_codes() == []

    def test_asks_for_two_people(self, tmp_path: Path, now: datetime) -> None:
        file = tmp_path / "services.csv"
        file.write_bytes(services_csv({}))
        done = CliRunner().invoke(app, ["load", "catalogue", str(file), "--author", "1", "--approver", "1"])
        assert (done.exit_code, "two people" in done.stderr) == (1, True)

    def test_explains_the_form_of_a_place(self, tmp_path: Path) -> None:
        file = tmp_path / "services.csv"
        file.write_bytes(services_csv({}))
        done = CliRunner().invoke(app, ["load", "catalogue", str(file), *PEOPLE, "--place", "x"])
        assert (done.exit_code, "NAME=ADDRESS" in done.stderr) == (2, True)


class TestLoadInstitutions:
    def test_takes_the_demo_file_form(self, tmp_path: Path) -> None:
        file = tmp_path / "institutions.csv"
        header = "code,parent_code,name_tr,name_en,kind,url,phone,address_tr,description_tr,description_en\n"
        file.write_text(header + "90000001,,Adalet Bakanlığı,Ministry of Justice,ministry,,,,,\n")
        done = CliRunner().invoke(app, ["load", "institutions", str(file), *PEOPLE])
        assert (done.exit_code, done.stdout) == (0, "institutions: 1 added, 0 changed, 0 as before\n")
