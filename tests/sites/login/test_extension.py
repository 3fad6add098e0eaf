"""The end of a session: told in time, put off, kept apart from where one was (WCAG 2.2.1)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from kapi.contexts.identity.models import Session
from tests.sites.login.pages import words


def ask(browser: Client, method: str = "GET") -> Any:
    """Ask as the script of the pages does."""
    return browser.generic(method, "/oturum/uzat/", headers={"Accept": "application/json"})


class TestExtension:
    def test_tells_when_the_session_ends_without_putting_it_off(self, signed_in: Client, now: datetime) -> None:
        Session.objects.update(last_seen_at=now - timedelta(minutes=13))
        assert 0 < ask(signed_in).json()["seconds_left"] <= 120
        assert Session.objects.get(ended_at=None).last_seen_at == now - timedelta(minutes=13)

    def test_puts_the_end_off_for_a_script(self, signed_in: Client, now: datetime) -> None:
        Session.objects.update(last_seen_at=now - timedelta(minutes=13))
        assert ask(signed_in, "POST").json()["seconds_left"] >= 14 * 60

    def test_puts_the_end_off_for_a_form_and_leads_back(self, signed_in: Client, now: datetime) -> None:
        Session.objects.update(last_seen_at=now - timedelta(minutes=13))
        answer = signed_in.post("/oturum/uzat/?sonra=/hesabim/sifre/")
        assert answer["Location"] == "/hesabim/sifre/"
        assert Session.objects.get(ended_at=None).last_seen_at >= now

    def test_says_that_it_is_over(self, signed_in: Client, now: datetime) -> None:
        Session.objects.update(last_seen_at=now - timedelta(minutes=15, seconds=1))
        for method in ("GET", "POST"):
            assert (ask(signed_in, method).status_code, ask(signed_in, method).json()) == (401, {"seconds_left": 0})
        answer = signed_in.post("/oturum/uzat/?sonra=/hesabim/sifre/")
        assert answer["Location"] == "/giris/?sonra=%2Fhesabim%2Fsifre%2F"

    def test_cannot_go_beyond_the_longest_session(self, signed_in: Client, now: datetime) -> None:
        Session.objects.update(ends_at=now + timedelta(minutes=2))
        assert ask(signed_in, "POST").json()["seconds_left"] <= 120
        text = words(signed_in.get("/oturum/uzat/?sonra=/hesabim/"))
        assert "en uzun süreye ulaştınız" in text
        assert "Oturumu uzat" not in text

    @pytest.mark.parametrize("strange", ["https://evil.example/", "//evil.example"])
    def test_never_leads_elsewhere(self, signed_in: Client, strange: str) -> None:
        assert signed_in.post("/oturum/uzat/", {"sonra": strange}).status_code == 200

    def test_is_for_those_who_signed_in(self, db: None, browser: Client) -> None:
        assert browser.get("/oturum/uzat/")["Location"] == "/giris/"


class TestEveryPage:
    def test_tells_the_time_of_the_end_and_offers_to_put_it_off(self, signed_in: Client) -> None:
        page = signed_in.get("/en/hesabim/").content.decode()
        assert "your session ends at" in page
        assert 'href="/en/oturum/uzat/?sonra=%2Fen%2Fhesabim%2F"' in page
        assert 'data-warn-seconds="150"' in page
        assert 'data-sign-in="/en/giris/?sonra=%2Fen%2Fhesabim%2F"' in page
        assert "http-equiv" not in page

    def test_says_nothing_of_a_session_to_who_has_none(self, db: None, browser: Client) -> None:
        assert "data-session-end" not in browser.get("/giris/").content.decode()
