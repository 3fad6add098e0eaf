"""`kapi institution` shows the tree, the roles and what waits for a second person."""

import json
from datetime import datetime

import pytest
from typer.testing import CliRunner, Result

from kapi.commands.main import app
from kapi.contexts.institutions import services
from kapi.contexts.institutions.values import Role
from tests.contexts.catalogue.services_in_tests import STUDENT_CERTIFICATE, prepare_catalogue, publish
from tests.contexts.institutions.institutions_in_tests import OPERATOR, add_unit, give_role

pytestmark = pytest.mark.django_db


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["institution", *words], env={"COLUMNS": "160"})


@pytest.fixture(autouse=True)
def _institutions(now: datetime) -> None:
    prepare_catalogue(now)
    add_unit("10000002", "10000001", "Öğrenci İşleri", now=now)
    publish("a", STUDENT_CERTIFICATE, now=now)
    give_role(7, "10000001", Role.SERVICE_EDITOR, now=now)


class TestList:
    def test_lists_the_roots_with_their_services(self) -> None:
        done = run("list")
        assert done.exit_code == 0
        assert [word in done.stdout for word in ("10000001", "Yükseköğretim Kurulu", "10000002")] == [True, True, False]

    def test_searches_all_of_them(self) -> None:
        (line,) = json.loads(run("list", "--search", "ogrenci isleri", "--json").stdout)
        assert (line["code"], line["kind"]) == ("10000002", "unit")


class TestShow:
    def test_shows_units_and_roles(self) -> None:
        done = run("show", "10000001")
        for said in ("Yükseköğretim Kurulu", "10000002  Öğrenci İşleri", "service_editor"):
            assert said in done.stdout

    def test_gives_the_same_as_json(self) -> None:
        facts = json.loads(run("show", "10000001", "--json").stdout)
        assert facts["members"] == [{"person_id": 7, "role": "service_editor"}]
        assert [unit["code"] for unit in facts["units"]] == ["10000002"]

    def test_says_what_to_do_when_there_is_none(self) -> None:
        done = run("show", "99999999")
        assert (done.exit_code, "--search" in done.stderr) == (1, True)


class TestProposals:
    def test_lists_what_waits_for_a_second_person(self, now: datetime) -> None:
        assert "Nothing waits" in run("proposals").stdout
        services.propose_role(person_id=8, institution_code="10000001", role=Role.DESK_OFFICER, actor=OPERATOR, now=now)
        (waiting,) = json.loads(run("proposals", "--json").stdout)
        assert (waiting["kind"], waiting["institution_code"], waiting["proposed_by"]) == ("grant_role", "10000001", 901)
        assert "grant_role" in run("proposals").stdout


class TestReindex:
    def test_counts_the_services(self) -> None:
        assert run("reindex").stdout == "services=1\n"
