"""Signing out."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from bs4 import BeautifulSoup
from django.conf import settings
from django.test import Client

from kapi.contexts.openid.models import PendingLogout, Visit
from kapi.contexts.openid.services.logout import claim_notices, end_visits, record_answer
from tests.contexts.openid.openid_in_tests import ACTOR, POST_LOGOUT_URI
from tests.sites.login.institutions import approve, open_institution
from tests.sites.login.pages import fill_in, words


class TestSignOut:
    def test_asks_first(self, signed_in: Client) -> None:
        assert "Çıkış yapmak istiyor musunuz?" in words(signed_in.get("/cikis/"))
        assert signed_in.get("/hesabim/").status_code == 200

    def test_ends_the_session_and_takes_its_cookie(self, signed_in: Client) -> None:
        answer = signed_in.post("/cikis/")
        assert answer.cookies[settings.SESSION_COOKIE_NAME].value == ""
        assert "Çıkış yaptınız" in words(signed_in.get(answer["Location"]))
        assert signed_in.get("/hesabim/").status_code == 302

    def test_ends_every_session_if_wanted(self, signed_in: Client) -> None:
        telephone = Client(REMOTE_ADDR="198.51.100.4")
        assert "Her yerden çıkış yap" not in words(signed_in.get("/cikis/"))
        fill_in(telephone)
        assert "Her yerden çıkış yap" in words(signed_in.get("/cikis/"))
        signed_in.post("/cikis/", {"her-yerde": "1"})
        for browser in (signed_in, telephone):
            assert browser.get("/hesabim/").status_code == 302

    def test_keeps_the_device_known(self, signed_in: Client) -> None:
        device = signed_in.cookies[settings.DEVICE_COOKIE_NAME].value
        signed_in.post("/cikis/")
        assert signed_in.cookies[settings.DEVICE_COOKIE_NAME].value == device

    def test_tells_which_institutions_will_be_told(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now)
        approve(signed_in)
        assert "Örnek Belediyesi" in words(signed_in.get("/cikis/"))

    def test_tells_afterwards_which_have_been(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now)
        open_institution(now=now, client_id="sessiz", backchannel_logout_uri="")
        approve(signed_in)
        approve(signed_in, "sessiz")
        page = signed_in.post("/cikis/")["Location"]
        session_id = Visit.objects.filter(client_id="belediye").get().session_id
        assert "Haber veriliyor" in words(signed_in.get(page))
        assert "Haber verilemedi Kurumun kendi sayfasında da çıkış yapın" in words(signed_in.get(page))
        end_visits(session_id=session_id, actor=ACTOR, now=now)
        notice = claim_notices(limit=1, actor=ACTOR, now=now + timedelta(seconds=1))[0]
        record_answer(delivery_id=notice.delivery_id, status=200, error="", actor=ACTOR, now=now + timedelta(seconds=2))
        assert "Haber verildi" in words(signed_in.get(page))

    def test_tells_nobody_else(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now)
        approve(signed_in)
        page = signed_in.post("/cikis/")["Location"]
        assert "Örnek Belediyesi" not in words(Client().get(page))
        forger = Client()
        forger.cookies[settings.ENDED_COOKIE_NAME] = "1:forged:signature"
        assert "Örnek Belediyesi" not in words(forger.get(page))

    def test_of_one_who_is_not_signed_in_changes_nothing(self, db: None, browser: Client) -> None:
        assert "Açık oturumunuz yok" in words(browser.get("/cikis/"))
        assert browser.post("/cikis/")["Location"] == "/cikis/tamam/"

    def test_wants_the_form_to_come_from_our_page(self, db: None) -> None:
        assert Client(enforce_csrf_checks=True).post("/cikis/").status_code == 403


class TestSignOutAtAnInstitutionsWish:
    def ask(self, browser: Client, **changes: str) -> str:
        """Be sent here by the institution that signed one out; return the page one is led to."""
        parameters = {"client_id": "belediye", "post_logout_redirect_uri": POST_LOGOUT_URI, "state": "s2"} | changes
        return str(browser.get(f"/oidc/end-session?{urlencode(parameters)}")["Location"])

    def test_is_asked_about_with_the_institutions_name(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now)
        approve(signed_in)
        answer = signed_in.get(self.ask(signed_in))
        assert "Örnek Belediyesi oturumunuzu kapattı" in words(answer)
        assert "form-action 'self' https://rp.example;" in answer["Content-Security-Policy"]

    def test_leads_back_to_the_institution(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now)
        form = BeautifulSoup(signed_in.get(self.ask(signed_in)).content, "html.parser").select_one("main form")
        assert form is not None
        field = form.select_one("[name=istek]")
        assert field is not None
        answer = signed_in.post(str(form["action"]), {"istek": str(field["value"])})
        assert answer["Location"] == f"{POST_LOGOUT_URI}?state=s2"
        assert signed_in.get("/hesabim/").status_code == 302

    def test_that_is_over_still_signs_out(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now)
        page = self.ask(signed_in)
        wish = page.partition("istek=")[2]
        PendingLogout.objects.update(expires_at=now - timedelta(seconds=1))
        assert signed_in.get(page).status_code == 400
        assert signed_in.post("/cikis/", {"istek": wish})["Location"] == "/cikis/tamam/"
        assert signed_in.get("/hesabim/").status_code == 302
