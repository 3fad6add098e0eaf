"""A role opens nothing without a passkey that counts, and gives nothing away without a fresh proof of it."""

from datetime import datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from django.conf import settings as gateway
from django.test import Client
from pytest_django.fixtures import Settings

from kapi.contexts.identity.models import Authenticator, Enrolment, Session
from kapi.contexts.institutions.selectors import members_of
from kapi.contexts.institutions.values import Role
from kapi.sites.backoffice.door import FRESH_PROOF_LASTS, PROOF_LASTS
from tests import people
from tests.passkeys import SoftPasskey
from tests.sites.backoffice.staff import FACULTY, GATEWAY, MINISTRY, OTHER, at_work, make_person, number, words
from tests.sites.login.test_authenticators import add, show

MEMBERS = f"/yonetim/kurumlar/{MINISTRY}/gorevliler/"
SOON = timedelta(seconds=30)  # tests take a while, and pages read the clock


def forget_proofs() -> None:
    """Let everybody have signed in by password."""
    Session.objects.update(evidence=[{"method": "password", "at": "2026-11-22T09:00:00+00:00"}])


class TestDoorByPasskey:
    def test_is_shut_to_a_role_without_a_proof_of_today(self, administrator: Client) -> None:
        people.make_proofs_older(by=PROOF_LASTS + SOON)
        answer = administrator.get(MEMBERS)
        assert answer.status_code == 403
        assert "Siz olduğunuzu geçiş anahtarınızla doğrulayın" in words(answer)
        assert "Şule" not in words(answer)
        assert (
            f"/giris/?sonra=%2Fyonetim%2Fkurumlar%2F{MINISTRY}%2Fgorevliler%2F&amp;yeniden=1" in answer.content.decode()
        )

    def test_opens_after_a_passkey_was_shown_in_the_same_session(self, administrator: Client, now: datetime) -> None:
        Authenticator.objects.all().delete()
        forget_proofs()
        session = Session.objects.get(person_id=administrator.person_id, ended_at=None)  # type: ignore[attr-defined]
        Session.objects.filter(pk=session.pk).update(
            evidence=[{"method": "password", "at": now.isoformat(), "authenticator_id": None}]
        )
        assert "Nasıl edinirsiniz" in words(administrator.get(MEMBERS))
        Enrolment.objects.create(
            person_id=session.person_id, opened_by=None, opened_at=now, expires_at=now + timedelta(hours=1)
        )
        assert "bir geçiş anahtarı eklemenize izin verdi" in words(administrator.get(MEMBERS))
        passkey = SoftPasskey()
        assert add(administrator, passkey).status_code == 302
        assert administrator.get(MEMBERS).status_code == 403
        answer = show(administrator, passkey, f"/giris/gecis-anahtari/?yeniden=1&sonra={MEMBERS}")
        assert answer["Location"] == MEMBERS
        assert administrator.get(MEMBERS).status_code == 200
        assert Session.objects.get(ended_at=None).pk == session.pk

    def test_is_shut_to_a_passkey_that_a_password_let_in(self, administrator: Client) -> None:
        Authenticator.objects.update(vouched_by="")
        answer = administrator.get(MEMBERS)
        assert answer.status_code == 403
        assert "şifreyle girildikten sonra eklenmiş" in words(answer)

    def test_wants_a_fresh_proof_for_what_gives_rights_away(self, administrator: Client, now: datetime) -> None:
        people.make_proofs_older(by=FRESH_PROOF_LASTS + SOON)
        assert administrator.get(MEMBERS).status_code == 200
        make_person(5, now=now)
        form = {"identity_number": number(5).digits, "role": Role.CLIENT_MANAGER.value}
        answer = administrator.post(MEMBERS, form, headers={"Referer": f"http://testserver{MEMBERS}"})
        assert answer.status_code == 403
        assert "son 15 dakika" in words(answer)
        assert "yeniden gönderilip gönderilmeyeceğini sorar" in words(answer)
        assert number(5).digits not in answer.content.decode()

    def test_shows_nothing_of_it_to_who_has_no_role(self, citizen: Client) -> None:
        answer = citizen.get(MEMBERS)
        assert answer.status_code == 403
        assert "geçiş anahtarı" not in words(answer)

    def test_may_be_left_open_in_the_demo_and_every_page_says_so(
        self, administrator: Client, settings: Settings
    ) -> None:
        forget_proofs()
        settings.STAFF_BY_PASSWORD = True
        for page in ("/yonetim/", MEMBERS):
            answer = administrator.get(page)
            assert answer.status_code == 200
            assert "görevliler şifreyle girip çalışabiliyor" in words(answer)
        settings.STAFF_BY_PASSWORD = False
        assert administrator.get("/yonetim/").status_code == 403

    def test_tells_how_one_stands_on_a_page_of_its_own(self, administrator: Client) -> None:
        assert "Geçiş anahtarınızı burada en son" in words(administrator.get("/yonetim/gecis-anahtari/"))
        forget_proofs()
        answer = administrator.get("/yonetim/gecis-anahtari/")
        assert (answer.status_code, "Burada geçerli bir geçiş anahtarınız var" in words(answer)) == (200, True)

    def test_is_shut_unless_set_otherwise(self) -> None:
        assert gateway.STAFF_BY_PASSWORD is False


class TestEnrolment:
    @pytest.fixture
    def editor_row(self, editor: Client, administrator: Client) -> str:
        """The number of the editor's membership, as the administrator's page has it."""
        page = BeautifulSoup(administrator.get(MEMBERS).content, "html.parser")
        row = next(row for row in page.select("main tbody tr") if "Hatice" in row.get_text())
        return str(row.select_one("[name=enrol]")["value"])  # type: ignore[index]

    def test_is_opened_by_who_manages_roles(self, administrator: Client, editor: Client, editor_row: str) -> None:
        answer = administrator.post(MEMBERS, {"enrol": editor_row}, follow=True)
        assert "bir saat boyunca" in words(answer)
        (row,) = Enrolment.objects.all()
        assert (row.person_id, row.opened_by) == (
            editor.person_id,  # type: ignore[attr-defined]
            administrator.person_id,  # type: ignore[attr-defined]
        )

    def test_is_not_opened_by_an_institution_for_who_reaches_all_of_them(
        self, administrator: Client, now: datetime
    ) -> None:
        at_work(20, (Role.OPERATOR, GATEWAY), (Role.SERVICE_EDITOR, MINISTRY), now=now, name="Leyla")
        text = words(administrator.get(MEMBERS))
        assert "Leyla" in text
        assert "Kayıt izni ver : Leyla" not in text
        (member,) = [m for m in members_of(institution_code=MINISTRY, language="tr") if m.role is Role.SERVICE_EDITOR]
        assert administrator.post(MEMBERS, {"enrol": str(member.id)}).status_code == 403
        assert not Enrolment.objects.exists()

    def test_is_not_opened_by_an_institution_for_who_works_for_another_as_well(
        self, administrator: Client, operator: Client, now: datetime
    ) -> None:
        at_work(20, (Role.DESK_OFFICER, OTHER), (Role.SERVICE_EDITOR, FACULTY), now=now, name="Leyla")
        page = f"/yonetim/kurumlar/{FACULTY}/gorevliler/"
        assert "Kayıt izni ver : Leyla" not in words(administrator.get(page))
        (member,) = members_of(institution_code=FACULTY, language="tr")
        assert administrator.post(page, {"enrol": str(member.id)}).status_code == 403
        assert not Enrolment.objects.exists()
        assert operator.post(page, {"enrol": str(member.id)}).status_code == 302
        assert Enrolment.objects.exists()

    def test_is_opened_for_who_works_below(self, administrator: Client, now: datetime) -> None:
        at_work(20, (Role.CLIENT_MANAGER, FACULTY), (Role.SERVICE_EDITOR, MINISTRY), now=now, name="Leyla")
        assert "Kayıt izni ver : Leyla" in words(administrator.get(MEMBERS))

    def test_is_not_opened_for_oneself_or_a_stranger(self, administrator: Client) -> None:
        assert "Bir çalışma arkadaşı verir" in words(administrator.get(MEMBERS))
        administrator.post(MEMBERS, {"enrol": "0"})
        assert not Enrolment.objects.exists()
