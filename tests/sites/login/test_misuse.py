"""This was not me, on pages."""

import re
from datetime import datetime

import pytest
from bs4 import BeautifulSoup
from django.test import Client

from kapi.contexts.identity.models import HistoryRow, KnownDevice, MisuseReport, Session
from kapi.contexts.identity.selectors import find_session_by_id
from kapi.contexts.identity.values import HistoryKind, PersonId, SessionId
from kapi.contexts.openid.models import Sharing
from tests.sent_codes import PHONE, add_contact
from tests.sites.login.institutions import approve, fetch_data, open_institution
from tests.sites.login.pages import fill_in, words

ANDROID = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Mobile Safari/537.36"


@pytest.fixture
def stranger(citizen: PersonId) -> Client:
    """Somebody who knows the citizen's password."""
    stranger = Client(REMOTE_ADDR="203.0.113.77", headers={"User-Agent": ANDROID})
    fill_in(stranger)
    return stranger


def links(browser: Client, path: str) -> list[str]:
    """Return where a page lets one say that it was not oneself."""
    page = BeautifulSoup(browser.get(path).content, "html.parser")
    return [str(link["href"]) for link in page.select("main a[href*='/hesabim/bu-ben-degildim/']")]


class TestMisuse:
    def test_says_what_will_happen_ends_it_and_says_what_is_left_to_do(
        self, signed_in: Client, stranger: Client
    ) -> None:
        session = Session.objects.get(browser="Chrome")
        line = HistoryRow.objects.get(session=session, kind=HistoryKind.SIGNED_IN)
        path = f"/hesabim/bu-ben-degildim/giris/{line.pk}/"
        assert path in links(signed_in, "/hesabim/giris-gecmisi/")
        text = words(signed_in.get(path))
        assert "Giriş yapıldı" in text
        assert "Chrome, Android · 203.0.113.*" in text
        assert "1 oturum hâlâ açık: kapatılır." in text
        assert "Şifreniz kullanılmış: yeni bir şifre belirleyin." in text
        assert stranger.get("/hesabim/").status_code == 200
        after = words(signed_in.post(path, {"extent": "those"}, follow=True))
        assert "Bildiriminiz kayda geçti" in after
        assert "Yapmanız gereken var" in after
        assert stranger.get("/hesabim/").status_code == 302
        assert signed_in.get("/hesabim/").status_code == 200
        assert signed_in.get(path)["Location"] == "/hesabim/bildirimlerim/"
        assert "Bildirdiniz: bu ben değildim" in words(signed_in.get("/hesabim/giris-gecmisi/"))

    def test_leads_to_the_contact_that_a_stranger_left_behind(
        self, signed_in: Client, stranger: Client, now: datetime
    ) -> None:
        session = Session.objects.get(browser="Chrome")
        strange = find_session_by_id(session_id=SessionId(session.pk), now=now)
        assert strange is not None
        add_contact(strange, PHONE, now=now)
        line = HistoryRow.objects.get(session=session, kind=HistoryKind.CONTACT_ADDED)
        path = f"/hesabim/bu-ben-degildim/giris/{line.pk}/"
        assert path in links(signed_in, "/hesabim/giris-gecmisi/")
        text = words(signed_in.get(path))
        assert f"{PHONE.masked} iletişim adreslerinize eklenmiş: sizin değilse kaldırın." in text
        after = signed_in.post(path, follow=True)
        assert "Yapmanız gereken var" in words(after)
        link = BeautifulSoup(after.content, "html.parser").find("a", string="Ekleneni, sizin değilse kaldırın")
        assert link is not None
        assert PHONE.masked in words(signed_in.get(str(link["href"])))

    def test_takes_sessions_and_devices(self, signed_in: Client, stranger: Client) -> None:
        session = Session.objects.get(browser="Chrome")
        found = links(signed_in, "/hesabim/oturumlar/")
        assert found[0] == f"/hesabim/bu-ben-degildim/oturum/{session.pk}/"
        device = f"/hesabim/bu-ben-degildim/cihaz/{session.device_id}/"
        assert device in found
        assert "Bu tarayıcılardan daha önce giriş yaptınız" in words(signed_in.get("/hesabim/oturumlar/"))
        signed_in.post(device)
        assert not KnownDevice.objects.filter(pk=session.device_id or 0).exists()
        assert stranger.get("/hesabim/").status_code == 302

    def test_takes_a_sharing_for_the_session_in_which_it_was_agreed_to(
        self, signed_in: Client, stranger: Client, now: datetime
    ) -> None:
        open_institution(now=now)
        fetch_data("belediye", approve(stranger)["code"], now=now)
        (path,) = links(signed_in, "/hesabim/paylasimlar/")
        assert "Örnek Belediyesi" in words(signed_in.get(path))
        text = words(signed_in.post(path, follow=True))
        assert "Örnek Belediyesi haber veriliyor" in text
        assert stranger.get("/hesabim/").status_code == 302

    def test_says_so_where_the_session_of_a_sharing_is_not_known(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now)
        fetch_data("belediye", approve(signed_in)["code"], now=now)
        Sharing.objects.update(session_id=None)
        (path,) = links(signed_in, "/hesabim/paylasimlar/")
        assert "hangi oturumda olduğu artık bilinmiyor" in words(signed_in.get(path))
        assert "artık bilinmiyor" in words(signed_in.post(path))
        assert not MisuseReport.objects.exists()

    def test_offers_nothing_for_this_very_session(self, signed_in: Client) -> None:
        session = Session.objects.get(ended_at=None)
        line = HistoryRow.objects.get(session=session, kind=HistoryKind.SIGNED_IN)
        path = f"/hesabim/bu-ben-degildim/giris/{line.pk}/"
        assert path not in links(signed_in, "/hesabim/giris-gecmisi/")
        assert "şu anda kullandığınız cihaz" in words(signed_in.get(path))
        assert "şu anda kullandığınız cihaz" in words(signed_in.post(path, follow=True))
        assert signed_in.get("/hesabim/").status_code == 200

    @pytest.mark.parametrize("what", ["giris/999", "oturum/0", f"cihaz/{10**30}", "paylasim/7", "yok/1", "giris/0"])
    def test_knows_nothing_of_what_is_not_theirs(self, signed_in: Client, what: str) -> None:
        for method in (signed_in.get, signed_in.post):
            assert method(f"/hesabim/bu-ben-degildim/{what}/").status_code == 404

    def test_is_for_those_who_signed_in(self, db: None, browser: Client) -> None:
        for path in ("/hesabim/bu-ben-degildim/giris/1/", "/hesabim/bildirimlerim/"):
            assert browser.get(path)["Location"].startswith("/giris/?sonra=")


class TestReports:
    def test_say_when_there_are_none(self, signed_in: Client) -> None:
        assert "Hiçbir bildiriminiz yok" in words(signed_in.get("/hesabim/bildirimlerim/?tamam=1"))


class TestGuidance:
    def test_works_signed_out_and_leads_to_sign_in_and_to_the_desk(self, db: None, browser: Client) -> None:
        answer = browser.get("/bu-ben-degildim/")
        text = words(answer)
        assert "Giriş yap ve giriş geçmişime bak" in text
        assert "başvuru noktasına" in text
        history = re.search(r'href="([^"]*giris-gecmisi[^"]*)"', answer.content.decode())
        assert history
        assert browser.get(history[1])["Location"] == "/giris/?sonra=%2Fhesabim%2Fgiris-gecmisi%2F"

    def test_is_the_same_under_en(self, signed_in: Client) -> None:
        assert "If it was not you" in words(signed_in.get("/en/bu-ben-degildim/"))
