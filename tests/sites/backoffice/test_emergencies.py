"""Breaking the glass on the work pages: asked by one, granted by another, seen by all, reviewed."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from kapi.contexts.institutions.models import Emergency
from kapi.contexts.institutions.values import Role
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.mailbox.models import MailboxMessage
from kapi.reactions import emergency_notices
from kapi.sites.backoffice.door import FRESH_PROOF_LASTS
from tests import people
from tests.sites.backoffice.staff import GATEWAY, MINISTRY, at_work, make_person, mistakes, number, words

LIST = "/yonetim/olaganustu/"
REASON = "Yanlış bir hizmet yayında ve onay sorumlusu yok."
EDIT = f"/yonetim/kurumlar/{MINISTRY}/yeni-hizmet/"


@pytest.fixture
def asked(operator: Client, approver: Client) -> str:
    """The address of what the operator has asked for."""
    answer = operator.post(LIST, {"reason": REASON})
    assert answer.status_code == 302
    return str(answer["Location"])


class TestEmergency:
    def test_opens_what_was_shut_until_it_ends(self, operator: Client, approver: Client, asked: str) -> None:
        assert operator.get(EDIT).status_code == 403
        assert "olağanüstü yetki istiyor" in words(approver.get("/yonetim/"))
        assert REASON in words(approver.get(asked))
        assert approver.post(asked, {"deed": "approve"}).status_code == 302
        page = operator.get(EDIT)
        assert page.status_code == 200
        assert "Yaptığınız her şey işaretlenir" in words(page)
        assert "Bir çalışma arkadaşınızın olağanüstü yetkisi var" in words(approver.get("/yonetim/"))
        assert approver.get(EDIT).status_code == 403
        assert operator.get("/yonetim/gise/").status_code == 403
        approver.post(asked, {"deed": "end"})
        assert operator.get(EDIT).status_code == 403

    def test_ends_by_itself(self, operator: Client, approver: Client, asked: str) -> None:
        approver.post(asked, {"deed": "approve"})
        hour = timedelta(minutes=61)
        for row in Emergency.objects.all():
            moved = {name: getattr(row, name) - hour for name in ("asked_at", "answer_until", "decided_at", "ends_at")}
            Emergency.objects.filter(pk=row.pk).update(**moved)
        assert operator.get(EDIT).status_code == 403
        assert "gözden geçirilmedi" in words(approver.get(asked))

    def test_marks_what_is_done_under_it(self, operator: Client, approver: Client, asked: str, now: datetime) -> None:
        make_person(5, now=now)
        page, form = f"/yonetim/kurumlar/{MINISTRY}/gorevliler/", {"identity_number": number(5).digits}
        operator.post(page, form | {"role": Role.SERVICE_EDITOR.value})
        approver.post(asked, {"deed": "approve"})
        operator.post(page, form | {"role": Role.CLIENT_MANAGER.value})
        marks = [
            record.details.get("emergency")
            for record in AuditRecord.objects.filter(action="institutions.role_granted").order_by("pk")
            if record.details["person"] != record.actor_id and record.actor_kind == "staff"
        ]
        assert marks[-2:] == [None, str(Emergency.objects.get().pk)]

    def test_is_not_granted_by_who_asks(self, operator: Client, asked: str) -> None:
        answer = operator.post(asked, {"deed": "approve"})
        assert answer.status_code == 422
        assert "başka bir işletmeci" in mistakes(answer)[0][0]
        assert operator.get(EDIT).status_code == 403

    def test_takes_a_fresh_passkey_of_both(self, operator: Client, approver: Client, asked: str) -> None:
        people.make_proofs_older(by=FRESH_PROOF_LASTS + timedelta(seconds=30))
        assert approver.post(asked, {"deed": "approve"}).status_code == 403
        assert operator.post(LIST, {"reason": REASON}).status_code == 403
        assert Emergency.objects.get().decision == ""

    def test_is_reviewed_by_somebody_else(self, operator: Client, approver: Client, asked: str, now: datetime) -> None:
        approver.post(asked, {"deed": "approve"})
        operator.post(asked, {"deed": "end"})
        assert operator.post(asked, {"deed": "seen"}).status_code == 422
        auditor = at_work(20, (Role.AUDITOR, GATEWAY), now=now, name="Nazlı")
        assert auditor.post(asked, {"deed": "approve"}).status_code == 403
        assert auditor.post(asked, {"deed": "seen"}).status_code == 302
        text = words(operator.get(asked))
        assert "Gören Nazlı" in text
        assert REASON in words(auditor.get(LIST))

    def test_wants_a_reason_and_a_deed(self, operator: Client, approver: Client, asked: str) -> None:
        assert mistakes(approver.post(LIST, {"reason": "kısa"}))[0][1] == "#reason"
        assert approver.post(asked, {"deed": "x"}).status_code == 422
        assert approver.get(f"{LIST}4711/").status_code == 404

    def test_is_no_business_of_institutions(self, administrator: Client, asked: str) -> None:
        assert administrator.get(asked).status_code == 403
        assert "olağanüstü" not in words(administrator.get("/yonetim/"))


class TestNotices:
    def test_tell_every_operator(self, operator: Client, approver: Client, settings: Settings, now: datetime) -> None:
        settings.DEMO = True
        emergency_notices.react_to_asking({"asked_by": 1}, now=now)
        emergency_notices.react_to_opening({"asked_by": 1, "approved_by": 2}, now=now)
        told = {f"person-{browser.person_id}" for browser in (operator, approver)}  # type: ignore[attr-defined]
        assert set(MailboxMessage.objects.values_list("to", flat=True)) == told
        assert MailboxMessage.objects.count() == 4
