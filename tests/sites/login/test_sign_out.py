"""Signing out."""

from django.conf import settings
from django.test import Client

from tests.sites.login.pages import words


class TestSignOut:
    def test_asks_first(self, signed_in: Client) -> None:
        assert "Çıkış yapmak istiyor musunuz?" in words(signed_in.get("/cikis/"))
        assert signed_in.get("/hesabim/").status_code == 200

    def test_ends_the_session_and_takes_its_cookie(self, signed_in: Client) -> None:
        answer = signed_in.post("/cikis/")
        assert answer.cookies[settings.SESSION_COOKIE_NAME].value == ""
        assert "Çıkış yaptınız" in words(signed_in.get(answer["Location"]))
        assert signed_in.get("/hesabim/").status_code == 302

    def test_keeps_the_device_known(self, signed_in: Client) -> None:
        device = signed_in.cookies[settings.DEVICE_COOKIE_NAME].value
        signed_in.post("/cikis/")
        assert signed_in.cookies[settings.DEVICE_COOKIE_NAME].value == device

    def test_of_one_who_is_not_signed_in_changes_nothing(self, db: None, browser: Client) -> None:
        assert "Açık oturumunuz yok" in words(browser.get("/cikis/"))
        assert browser.post("/cikis/").status_code == 302

    def test_wants_the_form_to_come_from_our_page(self, db: None) -> None:
        assert Client(enforce_csrf_checks=True).post("/cikis/").status_code == 403
