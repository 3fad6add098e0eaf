"""The audit trail on a work page: found by what is asked for, page by page, and whoever reads is written down."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.audit.services import record
from kapi.kernel.actors import NOBODY, Actor, ActorKind, system
from kapi.sites.backoffice import looks
from kapi.sites.backoffice.looks import AUDIT_FILES_PER_HOUR
from kapi.sites.ui.words import moment
from tests import people
from tests.sites.backoffice.staff import MINISTRY, mistakes, rows, words

AUDIT = "/yonetim/denetim-izi/"
OFFICER = Actor(ActorKind.STAFF, "77", MINISTRY)


def deed(
    now: datetime, *, subject: str = "5", action: str = "test.done", actor: Actor = OFFICER, **details: Any
) -> None:
    """Write something down."""
    record(action=action, subject_kind="thing", subject_id=subject, actor=actor, now=now, details=details)


def link(answer: Any, text: str) -> str:
    """Return the address of the link with this text in the page's main part."""
    page = BeautifulSoup(answer.content, "html.parser")
    found = [anchor for anchor in page.select("main a") if text in anchor.get_text()]
    return str(found[0]["href"]) if found else ""


class TestAudit:
    def test_shows_who_did_what_to_what(self, approver: Client, now: datetime) -> None:
        deed(now, n=3, parts=["a", "b"])
        (row,) = [row for row in rows(approver.get(AUDIT)) if row[2] == "test.done"]
        with translation.override("tr"):
            at = f"{moment(now)}:{now.second:02}"
        assert row[:6] == [at, "Görevli 77", "test.done", "thing 5", MINISTRY, 'n: 3 parts: ["a", "b"]']

    def test_begins_with_the_newest(self, approver: Client, now: datetime) -> None:
        for minutes in (2, 0, 1):
            deed(now + timedelta(hours=1, minutes=minutes), n=minutes)
        assert [row[5] for row in rows(approver.get(AUDIT))[:3]] == ["n: 2", "n: 1", "n: 0"]

    def test_leads_from_a_record_to_those_of_the_same_actor_subject_and_deed(
        self, approver: Client, now: datetime
    ) -> None:
        deed(now)
        deed(now, subject="6", actor=system("job:seal_audit"))
        deed(now, action="test.undone", actor=NOBODY)
        listed = approver.get(AUDIT)
        for text, found in (
            ("Görevli 77", {("test.done", "thing 5")}),
            ("Kapı'nın kendisi job:seal_audit", {("test.done", "thing 6")}),
            ("Oturum açmamış biri", {("test.undone", "thing 5")}),
            ("thing 5", {("test.done", "thing 5"), ("test.undone", "thing 5")}),
            ("test.undone", {("test.undone", "thing 5")}),
        ):
            shown = {(row[2], row[3]) for row in rows(approver.get(link(listed, text)))}
            assert found <= shown, text
            assert {pair for pair in shown if pair[0].startswith("test.")} == found, text

    def test_finds_what_the_form_asks_for(self, approver: Client, now: datetime) -> None:
        deed(now)
        deed(now, subject="6")
        answer = approver.post(AUDIT, {"subject_kind": " thing ", "subject_id": "6"}, follow=True)
        assert [row[3] for row in rows(answer)] == ["thing 6"]
        page = BeautifulSoup(answer.content, "html.parser")
        assert [str(field.get("value")) for field in page.select("#subject_kind, #subject_id")] == ["thing", "6"]

    def test_finds_a_span_of_the_gateways_own_time(self, approver: Client) -> None:
        # 22:30 in Istanbul on the 21st is 19:30 in UTC, and half past midnight on the 22nd is still the 21st in UTC.
        for day, hour, minute in ((21, 19, 30), (21, 21, 30), (22, 9, 0)):
            deed(datetime.fromisoformat(f"2020-11-{day}T{hour:02}:{minute:02}:00+00:00"), h=hour)
        asked = {"actor_kind": "staff", "actor_id": "77"}
        for since, until, found in (
            ("22.11.2020", "", ["h: 9", "h: 21"]),
            ("", "21.11.2020", ["h: 19"]),
            ("22.11.2020", "22.11.2020", ["h: 9", "h: 21"]),
            ("21.11.2020 22:30", "22.11.2020 00:30", ["h: 21", "h: 19"]),
            ("21.11.2020 22:31", "22.11.2020 00:29", []),
        ):
            answer = approver.post(AUDIT, asked | {"since": since, "until": until}, follow=True)
            assert [row[5] for row in rows(answer)] == found, (since, until)

    def test_says_that_there_is_nothing(self, approver: Client) -> None:
        assert "Böyle bir kayıt yok." in words(approver.get(AUDIT, {"action": "test.never"}))

    @pytest.mark.parametrize(
        ("typed", "field"),
        [
            ({"actor_id": "7"}, "#actor_id"),
            ({"actor_kind": "staff"}, "#actor_id"),
            ({"actor_kind": "nobody", "actor_id": "7"}, "#actor_id"),
            ({"actor_kind": "king", "actor_id": "7"}, "#actor_kind"),
            ({"subject_kind": "person"}, "#subject_id"),
            ({"subject_id": "7"}, "#subject_id"),
            ({"action": "bir şey"}, "#action"),
            ({"action": "x" * 81}, "#action"),
            ({"since": "yesterday"}, "#since"),
            ({"since": "31.02.2026"}, "#since"),
            ({"until": "01.01.0001"}, "#until"),
            ({"until": "31.12.9999"}, "#until"),
            ({"since": "02.01.2026", "until": "01.01.2026"}, "#until"),
        ],
    )
    def test_says_what_is_to_be_mended(self, approver: Client, typed: dict[str, str], field: str) -> None:
        answer = approver.post(AUDIT, typed)
        assert answer.status_code == 422
        assert [where for _text, where in mistakes(answer)] == [field]
        assert approver.get(AUDIT, typed).status_code == 404

    def test_keeps_an_identity_number_out_of_the_page_and_of_every_address(self, approver: Client) -> None:
        typed = {"subject_kind": "person", "subject_id": people.OTHER_NUMBER.digits}
        answer = approver.post(AUDIT, typed)
        assert "kimlik numarası yoktur" in mistakes(answer)[0][0]
        assert people.OTHER_NUMBER.digits not in answer.content.decode()

    @pytest.mark.parametrize(
        "query", [{"before": "x"}, {"before": "9" * 17 + "-1"}, {"before": "1-" + "9" * 19}, {"format": "pdf"}]
    )
    def test_is_not_found_at_an_address_that_is_none_of_ours(self, approver: Client, query: dict[str, str]) -> None:
        assert approver.get(AUDIT, query).status_code == 404


class TestPages:
    def test_follow_one_another_without_a_gap(
        self, approver: Client, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(120):
            deed(now + timedelta(seconds=number // 3), n=number)
        seen: list[str] = []
        address = f"{AUDIT}?actor_kind=staff&actor_id=77"
        for _ in range(3):
            # The session, the roles, the limit, what is written down, and one question for the page.
            with django_assert_num_queries(7):
                answer = approver.get(address)
            seen += [row[5] for row in rows(answer)]
            address = link(answer, "Daha eski kayıtlar")
        assert seen == [f"n: {number}" for number in reversed(range(120))]
        assert address == ""
        newest = approver.get(link(answer, "En yenilere dön"))
        assert [row[5] for row in rows(newest)] == seen[:50]


class TestReading:
    def test_is_written_down_with_what_was_asked_for(self, approver: Client) -> None:
        approver.get(AUDIT, {"subject_kind": "person", "subject_id": "5"})
        written = AuditRecord.objects.get(action="audit.read")
        assert (written.actor_kind, written.actor_id) == ("staff", str(approver.person_id))  # type: ignore[attr-defined]
        assert written.details == {"subject_kind": "person", "subject_id": "5"}
        assert rows(approver.get(AUDIT))[1][2] == "audit.read"

    def test_is_not_for_programs(self, approver: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(looks, "AUDIT_PAGES_PER_HOUR", 3)
        assert [approver.get(AUDIT).status_code for _ in range(4)] == [200, 200, 200, 429]
        assert approver.get(AUDIT, {"format": "csv"}).status_code == 200


class TestFile:
    def test_holds_all_that_was_asked_for(self, approver: Client, now: datetime) -> None:
        for number in range(60):
            deed(now + timedelta(seconds=number), n=number)
        page = approver.get(AUDIT, {"subject_kind": "thing", "subject_id": "5"})
        answer = approver.get(link(page, "CSV"))
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert "denetim-izi.csv" in answer.headers["Content-Disposition"]
        lines = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
        assert [line["details"] for line in lines] == [f'{{"n": {number}}}' for number in reversed(range(60))]
        assert lines[0]["at"] == (now + timedelta(seconds=59)).isoformat(timespec="microseconds")
        assert (lines[0]["actor_kind"], lines[0]["actor_id"], lines[0]["action"]) == ("staff", "77", "test.done")
        details = AuditRecord.objects.filter(action="audit.read").order_by("-pk").values_list("details", flat=True)
        assert details[0] == {"subject_kind": "thing", "subject_id": "5", "format": "csv"}

    def test_is_given_a_few_times_an_hour(self, approver: Client) -> None:
        codes = [approver.get(AUDIT, {"format": "csv"}).status_code for _ in range(AUDIT_FILES_PER_HOUR + 1)]
        assert codes == [200] * AUDIT_FILES_PER_HOUR + [429]
        assert approver.get(AUDIT).status_code == 200


def test_addresses_hold_what_was_asked_for_and_nothing_else(approver: Client) -> None:
    sent = approver.post(AUDIT, {"action": "test.done", "actor_kind": "", "csrfmiddlewaretoken": "x", "more": "y"})
    assert parse_qs(urlsplit(sent["Location"]).query) == {"action": ["test.done"]}
