"""`kapi feedback`."""

import json
from datetime import datetime

import pytest
from typer.testing import CliRunner

from kapi.commands.main import app
from kapi.contexts.catalogue import services
from kapi.kernel.actors import NOBODY
from tests.contexts.catalogue.services_in_tests import STUDENT_CERTIFICATE, prepare_catalogue, publish

pytestmark = pytest.mark.django_db


def _run(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["feedback", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def _told(now: datetime) -> None:
    prepare_catalogue(now)
    publish("ogrenci-belgesi", STUDENT_CERTIFICATE, now=now)
    services.record_feedback(
        page="/hizmet/ogrenci-belgesi/", service_code="ogrenci-belgesi", score=1, text="", language="tr",
        actor=NOBODY, now=now,
    )  # fmt: skip
    services.record_feedback(
        page="/", service_code=None, score=None, text="[bold]Açık[/bold]", language="tr", actor=NOBODY, now=now
    )
    services.record_barrier_report(
        page="/ara", text="Odak görünmüyor", contact="a@example.org", language="tr", actor=NOBODY, now=now
    )


class TestList:
    def test_says_so_when_there_is_nothing(self) -> None:
        assert "Nobody has left feedback" in _run("list")
        assert "Nobody has reported" in _run("barriers")

    @pytest.mark.usefixtures("_told")
    def test_shows_what_people_wrote_as_they_wrote_it(self) -> None:
        assert "[bold]Açık[/bold]" in _run("list")

    @pytest.mark.usefixtures("_told")
    def test_narrows_to_a_service(self) -> None:
        lines = json.loads(_run("list", "--service", "ogrenci-belgesi", "--json"))
        assert [(line["service_code"], line["score"]) for line in lines] == [("ogrenci-belgesi", 1)]


class TestBarriers:
    @pytest.mark.usefixtures("_told")
    def test_shows_how_to_answer(self) -> None:
        assert "a@example.org" in _run("barriers")
        assert json.loads(_run("barriers", "--json"))[0]["text"] == "Odak görünmüyor"
