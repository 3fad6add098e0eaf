"""`kapi feedback`."""

import json
from datetime import datetime

import pytest
from typer.testing import CliRunner

from kapi.commands.main import app
from kapi.contexts.monitoring import services
from kapi.kernel.actors import NOBODY

pytestmark = pytest.mark.django_db


def _run(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["feedback", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def _told(now: datetime) -> None:
    services.give_answer(
        service_code="ikametgah", page="/hizmet/ikametgah/", language="tr", was_useful=False, actor=NOBODY, now=now
    )
    services.give_feedback(
        service_code="", page="/", language="tr", was_useful=None, text="[bold]Açık[/bold]", actor=NOBODY, now=now
    )
    services.report_barrier(
        page="/ara", language="tr", text="Odak görünmüyor", aids="", email="a@example.org", actor=NOBODY, now=now
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
        lines = json.loads(_run("list", "--service", "ikametgah", "--json"))
        assert [(line["service_code"], line["was_useful"]) for line in lines] == [("ikametgah", False)]


class TestBarriers:
    @pytest.mark.usefixtures("_told")
    def test_shows_the_address_to_answer_to(self) -> None:
        assert "a@example.org" in _run("barriers")
        assert json.loads(_run("barriers", "--json"))[0]["text"] == "Odak görünmüyor"
