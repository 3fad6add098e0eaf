"""Choosing the first password, changing it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone, translation

from kapi.contexts.identity import selectors
from kapi.contexts.identity.models import Account
from kapi.contexts.identity.rules import passwords as rules
from kapi.contexts.identity.values import PersonId
from kapi.sites.login import mistakes as site_words
from kapi.sites.ui.words import moment
from tests import people
from tests.sites.login.pages import fill_in, mistakes, words

NEW = "lamba deniz sakar tiren"


@pytest.fixture
def newcomer(db: None, browser: Client, now: datetime) -> Client:
    """A browser that has just signed in with a sealed code, on the way to the English account page."""
    _person, issued = people.issue(now=now)
    fill_in(browser, password=issued.code)
    return browser


def choose(browser: Client, new: str, again: str | None = None) -> Any:
    """Send the form of the first password."""
    form = {"new_password": new, "new_password_again": new if again is None else again}
    return browser.post("/giris/ilk-sifre/?sonra=/en/hesabim/", form)


def change(browser: Client, present: str = people.PASSWORD, new: str = NEW, again: str | None = None) -> Any:
    """Send the form that changes the password."""
    form = {"current_password": present, "new_password": new, "new_password_again": new if again is None else again}
    return browser.post("/hesabim/sifre/", form)


class TestFirstPassword:
    def test_explains_what_makes_a_good_one(self, newcomer: Client) -> None:
        text = words(newcomer.get("/giris/ilk-sifre/"))
        assert "en az 15 karakterdir" in text
        assert "sızmış şifreler" in text

    def test_is_chosen_once_and_then_one_goes_on(self, newcomer: Client) -> None:
        before = newcomer.cookies[settings.SESSION_COOKIE_NAME].value
        assert choose(newcomer, NEW)["Location"] == "/en/hesabim/"
        assert newcomer.get("/en/hesabim/").status_code == 200
        assert newcomer.cookies[settings.SESSION_COOKIE_NAME].value != before
        assert selectors.find_session(token=before, now=timezone.now()) is None
        assert choose(newcomer, NEW)["Location"] == "/en/hesabim/"

    @pytest.mark.parametrize(
        ("new", "again", "field", "beginning"),
        [
            ("", "", "#new_password", "Yeni bir şifre yazın"),
            (NEW, "lamba deniz", "#new_password_again", "Yazdığınız iki yeni şifre aynı değil"),
            ("kisa", None, "#new_password", "Yeni şifreniz en az 15 karakter olmalı"),
            ("y" * 129, None, "#new_password", "Yeni şifreniz en çok 128 karakter olabilir"),
            ("qwertyqwertyqwerty", None, "#new_password", "Bu şifre, saldırganların ilk denediği"),
            ("deniz yılmaz 17051990", None, "#new_password", "Bu şifre"),
        ],
    )
    def test_is_refused_with_a_reason_and_what_would_do(
        self, newcomer: Client, new: str, again: str | None, field: str, beginning: str
    ) -> None:
        answer = choose(newcomer, new, again)
        assert answer.status_code == 422
        ((text, leads_to),) = mistakes(answer)
        assert leads_to == field
        assert text.startswith(beginning)
        if new:
            assert f'value="{new}"' not in answer.content.decode()

    def test_cannot_be_the_sealed_code(self, db: None, browser: Client, now: datetime) -> None:
        _person, issued = people.issue(now=now)
        fill_in(browser, password=issued.code)
        assert choose(browser, issued.code + "      ").status_code == 422

    def test_is_for_those_who_signed_in(self, db: None, browser: Client) -> None:
        assert browser.get("/giris/ilk-sifre/")["Location"].startswith("/giris/?sonra=")

    def test_is_not_asked_of_one_who_has_a_password(self, signed_in: Client) -> None:
        assert signed_in.get("/giris/ilk-sifre/?sonra=//evil.example")["Location"] == "/sayfam/"


class TestPassword:
    def test_is_changed_and_all_other_sessions_end(self, signed_in: Client, citizen: PersonId) -> None:
        other = Client()
        fill_in(other)
        assert change(signed_in)["Location"] == "/hesabim/sifre/degisti/"
        assert "Şifre değiştirildi" in words(signed_in.get("/hesabim/sifre/degisti/"))
        assert other.get("/hesabim/")["Location"].startswith("/giris/")
        assert fill_in(Client(), password=NEW).status_code == 302
        assert fill_in(Client()).status_code == 422

    def test_gives_the_session_a_new_token(self, signed_in: Client) -> None:
        before = signed_in.cookies[settings.SESSION_COOKIE_NAME].value
        change(signed_in)
        assert signed_in.cookies[settings.SESSION_COOKIE_NAME].value != before

    @pytest.mark.parametrize(
        ("present", "new", "again", "expected"),
        [
            (
                "",
                "",
                "",
                [("Şu anki şifrenizi yazın.", "#current_password"), ("Yeni bir şifre yazın.", "#new_password")],
            ),
            ("yanlis", NEW, NEW, [("Şu anki şifreniz doğru değil.", "#current_password")]),
            (people.PASSWORD, people.PASSWORD, people.PASSWORD, None),
        ],
    )
    def test_is_refused_at_the_field_to_mend(
        self, signed_in: Client, present: str, new: str, again: str, expected: list[tuple[str, str]] | None
    ) -> None:
        answer = change(signed_in, present, new, again)
        assert answer.status_code == 422
        assert mistakes(answer) == expected if expected else mistakes(answer)[0][1] == "#new_password"

    def test_is_not_guessed_in_a_session_left_open(self, signed_in: Client) -> None:
        answers = [change(signed_in, present="yanlis") for _ in range(6)]
        assert mistakes(answers[-1])[0][0].startswith("Şu anki şifre çok kez yanlış yazıldı")
        assert mistakes(change(signed_in))[0][1] == "#current_password"

    def test_waits_a_day_after_a_recovery_and_says_so(self, signed_in: Client, citizen: PersonId) -> None:
        since = timezone.now() + timedelta(seconds=1)
        until = since + timedelta(hours=24)
        Account.objects.filter(pk=citizen).update(cooling_off_since=since, cooling_off_until=until)
        with translation.override("tr"):
            shown = moment(until)
        assert f"(şifre de) {shown} tarihinden sonra" in words(signed_in.get("/hesabim/sifre/"))
        ((text, leads_to),) = mistakes(change(signed_in))
        assert text.startswith(f"Hesabınız kurtarıldı. Şifre {shown} tarihinden önce")
        assert leads_to == "#current_password"
        assert fill_in(Client()).status_code == 302  # the owner's password is still good

    def test_is_for_those_who_signed_in(self, db: None, browser: Client) -> None:
        assert 'href="/giris/?sonra=%2Fhesabim%2Fsifre%2F"' in change(browser).content.decode()


def test_the_words_name_the_lengths_that_count() -> None:
    assert (site_words.LEAST_SIGNS, site_words.MOST_SIGNS) == (rules.LEAST, rules.MOST)
