"""What is on its way."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries, Settings

from kapi.contexts.identity.models import RegisterEntrySetAside, RegisterMark
from kapi.contexts.identity.rules import pressure
from kapi.contexts.identity.selectors import get_person_record
from kapi.contexts.identity.services import end_session, report_misuse
from kapi.contexts.identity.services.pressure import note_failed
from kapi.contexts.identity.values import EndReason, MisuseAbout, MisuseExtent, MisuseSubject
from kapi.contexts.mandates.errors import RegisterUnavailable
from kapi.contexts.mandates.services import refresh_mandates
from kapi.contexts.openid.services.logout import claim_notices, record_answer
from kapi.foundation.audit.services import lengths, seal
from kapi.foundation.audit.verification import Verification, VerificationKind, keep
from kapi.foundation.jobs.models import ScheduledJob
from kapi.foundation.outbox.models import OutboxDelivery, OutboxEvent
from kapi.foundation.outbox.services import deliver_due
from kapi.kernel.actors import NOBODY, system
from kapi.sites.ui.words import moment
from tests import people
from tests.contexts.mandates.fixtures import register
from tests.contexts.mandates.register_in_tests import BAKERY, WrittenRegister
from tests.contexts.openid import openid_in_tests as openid
from tests.sites.backoffice.staff import words

__all__ = ["register"]


class TestStatus:
    def test_counts(
        self, approver: Client, now: datetime, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        seal(limit=3, heads_file=None, now=now)
        event = OutboxEvent.objects.create(name="x.y.v1", payload={}, at=now)
        OutboxDelivery.objects.create(
            event=event, reaction="a", due_at=now, attempts=12, parked_at=now, error="KeyError"
        )
        OutboxDelivery.objects.create(event=event, reaction="b", due_at=now)
        unsealed = lengths()[1]
        with django_assert_max_num_queries(21):
            text = words(approver.get("/yonetim/durum/"))
        assert "Yoldaki olaylar 1" in text
        assert "Vazgeçilen olaylar 1" in text
        assert "a x.y.v1 KeyError 1" in text
        assert "Mühürlenmiş kayıtlar 3" in text
        assert f"Mühürlenmeyi bekleyen kayıtlar {unsealed}" in text

    def test_names_the_institutions_that_do_not_know_of_a_sign_out(self, approver: Client, now: datetime) -> None:
        people.make_citizen(now=now)
        session = people.sign_in(now=now).signed_in
        for name in ("bilen", "bilmeyen"):
            openid.add_client(now=now, client_id=name)
            openid.get_code(name, session, now=now)
        end_session(session_id=session.session_id, reason=EndReason.SIGNED_OUT, actor=session.actor, now=now)
        deliver_due(limit=50, now=now)
        for hours in (0, 24):
            at = now + timedelta(hours=hours)
            for notice in claim_notices(limit=10, actor=openid.ACTOR, now=at):
                status = 200 if notice.client_id == "bilen" else 500
                record_answer(delivery_id=notice.delivery_id, status=status, error="", actor=openid.ACTOR, now=at)
            text = words(approver.get("/yonetim/durum/"))
            assert "bilen" not in text.replace("bilmeyen", "")
            assert f"bilmeyen {'1 0' if not hours else '0 1'}" in text

    def test_shows_how_the_last_verifications_went(self, approver: Client, now: datetime) -> None:
        assert "Hiçbir doğrulama bozuk kayıt bulmadı" in words(approver.get("/yonetim/durum/"))
        for kind, bad in ((VerificationKind.LATEST, None), (VerificationKind.ROUND, 4711)):
            found = Verification(12_345, 0, bad, "altered" if bad else "")
            keep(kind=kind, found=found, actor=system("test"), now=now)
        text = words(approver.get("/yonetim/durum/"))
        assert "1 doğrulama bozuk bir kayıt buldu." in text
        with translation.override("tr"):
            at = moment(now)
        assert f"Yeni kayıtlar {at} 12.345 {at} Bozukluk yok" in text
        assert f"Bütün kayıtlar, döne döne {at} 12.345 Hiç Bozuk kayıt 4711" in text

    def test_names_jobs_that_failed(self, approver: Client, now: datetime) -> None:
        ScheduledJob.objects.create(path="kapi.jobs.x.run", due_at=now, finished_at=now, error="KeyError")
        ScheduledJob.objects.create(path="kapi.jobs.y.run", due_at=now, finished_at=now)
        text = words(approver.get("/yonetim/durum/"))
        assert "kapi.jobs.x.run KeyError" in text
        assert "kapi.jobs.y.run" not in text


class TestRegister:
    def test_says_how_it_has_answered(self, approver: Client, register: WrittenRegister, now: datetime) -> None:
        person_id = people.register(now=now)
        register.says((people.NUMBER, BAKERY, "2020-01-01", "", ""))
        refresh_mandates(person_id=person_id, actor=people.DESK, now=now)
        text = words(approver.get("/yonetim/durum/"))
        with translation.override("tr"):
            assert f"En son yanıt verdiği zaman {moment(now)} Yanıtı eksik kişiler 0 Bildirdiği yetkiler 1" in text
        register.is_down()
        with pytest.raises(RegisterUnavailable):
            refresh_mandates(person_id=person_id, actor=people.DESK, now=now + timedelta(hours=1))
        assert "Yanıtı eksik kişiler 1 Bildirdiği yetkiler 1" in words(approver.get("/yonetim/durum/"))

    def test_says_that_there_is_none(self, approver: Client, settings: Settings) -> None:
        settings.REPRESENTATIVES_REGISTER = ""
        assert "Bu sistem bir sicile bağlı değil." in words(approver.get("/yonetim/durum/"))


class TestMisuse:
    def test_counts_reports_and_names_nobody(self, approver: Client, now: datetime) -> None:
        person_id = people.make_citizen(now=now)
        own, strange = (people.sign_in(now=now).signed_in for _ in range(2))
        report_misuse(
            session_id=own.session_id,
            subject=MisuseSubject(about=MisuseAbout.SESSION, id=strange.session_id),
            extent=MisuseExtent.THOSE,
            actor=own.actor,
            now=now,
        )
        text = words(approver.get("/yonetim/durum/"))
        assert "Bildirimler 1 Bunlardan yeni şifre beklenenler 1" in text
        assert str(get_person_record(person_id=person_id).display_name) not in text


class TestPopulationRegister:
    def test_says_that_there_is_none_and_when_it_answered(
        self, approver: Client, settings: Settings, now: datetime
    ) -> None:
        settings.POPULATION_REGISTER = ""
        assert "Nüfus kaydı Bu sistem bir sicile bağlı değil." in words(approver.get("/yonetim/durum/"))
        settings.POPULATION_REGISTER = "some"
        RegisterMark.objects.create(source="population:some", asked_at=now, answered_at=now)
        with translation.override("tr"):
            shown = f"En son sorulduğu zaman {moment(now)} En son yanıt verdiği zaman {moment(now)}"
        assert shown in words(approver.get("/yonetim/durum/"))

    def test_names_the_entries_that_could_not_be_used_and_why(
        self, approver: Client, settings: Settings, now: datetime
    ) -> None:
        settings.POPULATION_REGISTER = "some.register"
        RegisterEntrySetAside.objects.create(source="some", number="n-7", reason="time", received_at=now)
        text = words(approver.get("/yonetim/durum/"))
        assert "Kullanılamayan işlemler 1" in text
        with translation.override("tr"):
            assert f"some n-7 {moment(now)} Zamanının saat dilimi yok" in text


class TestMobileSignature:
    def test_says_whether_the_supplier_answers(self, approver: Client, settings: Settings, tmp_path: Path) -> None:
        settings.MOBILE_SIGNER = ""
        assert "Bu sistem bir mobil imza sağlayıcısına bağlı değil." in words(approver.get("/yonetim/durum/"))
        settings.MOBILE_SIGNER = "kapi.contexts.identity.providers.dummy.DummySigner"
        settings.DUMMY_TELEPHONES = tmp_path
        assert "Sağlayıcı, şimdi soruldu Yanıt vermiyor" in words(approver.get("/yonetim/durum/"))
        (tmp_path / "subscribers.csv").write_text("number,does,signs_as\n", encoding="utf-8")
        assert "Sağlayıcı, şimdi soruldu Yanıt veriyor" in words(approver.get("/yonetim/durum/"))


class TestListsOfPasswords:
    def test_are_told_of_with_since_when_and_what_it_does(
        self, approver: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert "Şu anda hiçbir liste denenmiyor." in words(approver.get("/yonetim/durum/"))
        monkeypatch.setattr(pressure, "WATCHES", (pressure.Watch(timedelta(hours=24), 3),))
        numbers, began = people.make_numbers(4), timezone.now() - timedelta(minutes=40)
        for number in numbers[:3]:
            note_failed(number=number, actor=NOBODY, now=began)
        note_failed(number=numbers[3], actor=NOBODY, now=began + timedelta(minutes=35))
        text = words(approver.get("/yonetim/durum/"))
        with translation.override("tr"):
            until = began + timedelta(minutes=35) + pressure.LASTS
            assert f"Fark edildiği zaman {moment(began)} En az süreceği zaman {moment(until)}" in text
        assert "şifre tek başına hiçbir hesabı açmaz" in text
        assert "iletişim bilgisine gönderilen kod" in text
        assert "Somebody is trying a list" in words(approver.get("/en/yonetim/durum/"))
