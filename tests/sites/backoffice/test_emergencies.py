"""Breaking the glass on the work pages: asked by one, granted by another, seen by all, reviewed."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from kapi.contexts.institutions import errors
from kapi.contexts.institutions.models import Emergency, Membership
from kapi.contexts.institutions.services import emergencies as verbs
from kapi.contexts.institutions.values import Role
from kapi.contexts.openid.models import Client as OpenidClient
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.mailbox.models import MailboxMessage
from kapi.reactions import emergency_notices
from kapi.sites.backoffice import emergencies
from kapi.sites.backoffice.door import FRESH_PROOF_LASTS
from tests import people
from tests.contexts.institutions.institutions_in_tests import give_role
from tests.sites.backoffice.staff import GATEWAY, MINISTRY, at_work, make_person, mistakes, number, words
from tests.sites.backoffice.test_clients import fields, let_live, request_one

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
        page = f"/yonetim/kurumlar/{MINISTRY}/gorevliler/"
        for role in (Role.SERVICE_EDITOR, Role.CLIENT_MANAGER):
            give_role(make_person(5, now=now), MINISTRY, role, now=now)
        first, second = Membership.objects.filter(institution=MINISTRY).order_by("pk").values_list("pk", flat=True)
        operator.post(page, {"end": first})
        approver.post(asked, {"deed": "approve"})
        operator.post(page, {"end": second})
        ended = AuditRecord.objects.filter(action="institutions.role_revoked").order_by("pk")
        marks = [record.details.get("emergency") for record in ended]
        assert marks == [None, str(Emergency.objects.get().pk)]

    def test_gives_no_right_that_outlasts_it(
        self, operator: Client, approver: Client, asked: str, now: datetime
    ) -> None:
        person_id = make_person(5, now=now)
        give_role(person_id, MINISTRY, Role.CLIENT_MANAGER, now=now)
        held = Membership.objects.get(person_id=person_id).pk
        page, own = (f"/yonetim/kurumlar/{code}/gorevliler/" for code in (MINISTRY, GATEWAY))
        form = {"identity_number": number(5).digits, "role": Role.SERVICE_EDITOR.value}
        assert "Kayıt izni ver :" in words(operator.get(page))
        approver.post(asked, {"deed": "approve"})
        text = words(operator.get(page))
        assert "Olağanüstü yetkiyle çalışıyorsunuz" in text
        assert "Kayıt izni ver :" not in text
        office = Membership.objects.get(person_id=approver.person_id).pk  # type: ignore[attr-defined]
        for place, sent in ((page, form), (page, {"enrol": held}), (own, {"end": office}), (own, {"enrol": office})):
            assert operator.post(place, sent).status_code == 403
        assert Membership.objects.filter(revoked_at=None, person_id=approver.person_id).exists()  # type: ignore[attr-defined]
        operator.post(asked, {"deed": "end"})
        operator.post(page, form)
        assert Membership.objects.filter(person_id=person_id, role=Role.SERVICE_EDITOR).exists()

    def test_accepts_no_role_for_anybody(
        self, operator: Client, approver: Client, administrator: Client, asked: str, now: datetime
    ) -> None:
        make_person(5, now=now)
        page = f"/yonetim/kurumlar/{MINISTRY}/gorevliler/"
        answer = administrator.post(page, {"identity_number": number(5).digits, "role": Role.DESK_OFFICER.value})
        approver.post(asked, {"deed": "approve"})
        refused = operator.post(answer["Location"], {"decision": "accept"})
        assert refused.status_code == 422
        assert "olağanüstü yetkinizden sonra da sürer" in mistakes(refused)[0][0]

    def test_gives_no_client_anything_that_outlasts_it(
        self, operator: Client, approver: Client, asked: str, now: datetime
    ) -> None:
        waiting = f"/yonetim/istemciler/{request_one(now=now)}/"
        live = request_one(now=now)
        page = f"/yonetim/istemciler/{live}/"
        let_live(approver, page)
        approver.post(asked, {"deed": "approve"})
        for answer in (
            let_live(operator, waiting),
            operator.post(f"{page}anahtarlar/", {"proof": "jwks_uri", "jwks_uri": "https://kurum.example/jwks"}),
            operator.post(f"{page}gizli-anahtar/", {"sure": "yes"}),
            operator.post(f"/yonetim/kurumlar/{MINISTRY}/yeni-istemci/", fields()),
        ):
            assert answer.status_code == 422
            assert "olağanüstü yetkinizden sonra da sürer" in mistakes(answer)[0][0]
        assert not OpenidClient.objects.filter(pk=live, jwks_uri__gt="").exists()
        operator.post(page, {"deed": "suspend", "reason": "leaked"})
        refused = operator.post(page, {"deed": "resume"})
        assert "olağanüstü yetkinizden sonra da sürer" in mistakes(refused)[0][0]
        operator.post(asked, {"deed": "end"})
        approver.post(page, {"deed": "resume"})
        assert list(OpenidClient.objects.filter(closed_at=None).values_list("pk", flat=True)) == [live]

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

    def test_is_not_asked_for_without_end(self, operator: Client, approver: Client) -> None:
        for _nth in range(5):
            approver.post(operator.post(LIST, {"reason": REASON})["Location"], {"deed": "refuse"})
        refused = operator.post(LIST, {"reason": REASON})
        assert refused.status_code == 422
        assert "başka bir işletmeci istesin" in mistakes(refused)[0][0]
        assert Emergency.objects.count() == 5

    def test_has_words_for_every_refusal(self) -> None:
        refusals = [thing for name, thing in vars(errors).items() if name in vars(verbs) and name[0].isupper()]
        assert {errors.EmergencyNotFound, errors.NeedsStaff} <= set(refusals)
        for refusal in refusals:
            assert emergencies._words_of(refusal())

    def test_are_listed_page_by_page(self, operator: Client, approver: Client, now: datetime) -> None:
        asked_by = approver.person_id  # type: ignore[attr-defined]
        asked = [now - timedelta(days=2, minutes=nth) for nth in range(emergencies.PAGE_SIZE + 1)]
        Emergency.objects.bulk_create(
            Emergency(asked_by=asked_by, reason=f"{REASON} {nth}.", asked_at=at, answer_until=at)
            for nth, at in enumerate(reversed(asked))
        )
        first, second = operator.get(LIST), operator.get(LIST, {"sayfa": "2"})
        assert "51 olağanüstü durum" in words(first)
        assert f"{REASON} 50." in words(first)
        assert f"{REASON} 0." not in words(first)
        assert f"{REASON} 0." in words(second)
        assert f"{REASON} 1." not in words(second)
        assert operator.get(LIST, {"sayfa": "3"}).status_code == 404

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
