"""The page on which one goes on by a code while lists of stolen passwords are tried."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from kapi.contexts.identity.models import Contact, HeldOffSignIn, SentCode, Session
from kapi.contexts.identity.values import PersonId
from kapi.foundation.mailbox.selectors import latest_messages
from kapi.foundation.outbox.services import deliver_due
from tests import people
from tests.held_off import AWAY, try_lists
from tests.sent_codes import PHONE, add_contact, code_in_mailbox
from tests.sites.login.pages import fill_in, mistakes, words

HERE = "/giris/kod-ile/"
MOVING = frozenset({"Expires", "Content-Security-Policy"})  # the hour, and a number that is used once


@pytest.fixture
def owner(citizen: PersonId, now: datetime, settings: Settings) -> PersonId:
    """The citizen, whose telephone was added two days ago; lists are tried now."""
    settings.DEMO = True
    add_contact(people.sign_in(now=now, address="203.0.113.9").signed_in, PHONE, now=now)
    Contact.objects.update(verified_at=now - timedelta(days=2))
    try_lists(now)
    return citizen


def away(place: int = 100) -> Client:
    """A browser that has never been here, in a network where nobody of ours has been."""
    return Client(REMOTE_ADDR=AWAY.replace("100", str(place)), headers={"User-Agent": people.FIREFOX})


def let_worker_work() -> None:
    """Deliver what waits, and what comes of it."""
    while deliver_due(limit=100, now=timezone.now()):
        pass


class TestSignIn:
    def test_leads_who_is_held_off_on_to_a_code(self, owner: PersonId) -> None:
        browser = away()
        answer = fill_in(browser, path="/giris/?sonra=/hesabim/oturumlar/")
        assert unquote(answer["Location"]) == f"{HERE}?sonra=/hesabim/oturumlar/"
        assert settings.SESSION_COOKIE_NAME not in browser.cookies
        assert browser.cookies[settings.BEGUN_COOKIE_NAME]["httponly"]

    def test_goes_on_by_a_code_to_a_contact(self, owner: PersonId) -> None:
        browser = away()
        asked = fill_in(browser, path="/giris/?sonra=/hesabim/oturumlar/")["Location"]
        answer = browser.post(asked, {"send": "phone"})
        assert answer["Location"] == asked
        assert "kısa iletiyle kod istediniz" in words(browser.get(asked))
        assert latest_messages(to=PHONE.text) == []  # nothing is sent before the answer
        let_worker_work()
        answer = browser.post(asked, {"code": code_in_mailbox(PHONE)})
        assert answer["Location"] == "/hesabim/oturumlar/"
        assert browser.get("/hesabim/").status_code == 200
        assert not browser.cookies[settings.BEGUN_COOKIE_NAME].value
        assert Session.objects.latest("pk").person_id == owner


class TestHeldOff:
    def test_leads_back_where_nothing_waits(self, db: None) -> None:
        for answer in (away().get(HERE), away().post(HERE, {"code": "123456"})):
            assert answer["Location"] == "/giris/"

    def test_asks_for_a_code_in_words(self, owner: PersonId) -> None:
        browser = away()
        fill_in(browser)
        answer = browser.post(HERE, {"code": " "})
        assert answer.status_code == 422
        assert mistakes(answer) == [("Kodu yazın.", "#code")]

    def test_says_when_another_may_be_asked_for(self, owner: PersonId) -> None:
        browser = away()
        fill_in(browser)
        browser.post(HERE, {"send": "email"})
        answer = browser.post(HERE, {"send": "email"})
        assert answer.status_code == 422
        assert [field for _words, field in mistakes(answer)] == ["#send"]

    def test_begins_again_after_five_codes(self, owner: PersonId) -> None:
        browser = away()
        fill_in(browser)
        for _ in range(5):
            assert browser.post(HERE, {"code": "wrong"}).status_code == 422
        assert browser.post(HERE, {"code": "wrong"})["Location"] == "/giris/"

    def test_offers_nothing_to_be_sent_where_nothing_is(self, owner: PersonId, settings: Settings) -> None:
        settings.DEMO = False
        browser = away()
        fill_in(browser)
        assert BeautifulSoup(browser.get(HERE).content, "html.parser").select("[name=send]") == []
        browser.post(HERE, {"send": "phone"})
        assert HeldOffSignIn.objects.get().asked_at is None

    def test_is_the_same_for_right_wrong_and_nobodys(self, owner: PersonId) -> None:
        tries: tuple[dict[str, str], ...] = ({}, {"password": "wrong"}, {"number": people.NOBODYS_NUMBER.digits})
        told = []
        for place, tried in enumerate(tries):
            browser, seen = away(place), []
            seen.append(facts(fill_in(browser, **tried)))
            seen.append(facts(browser.get(HERE)))
            seen.append(facts(browser.post(HERE, {"send": "phone"})))
            let_worker_work()
            seen.append(facts(browser.get(HERE)))
            seen.append(facts(browser.post(HERE, {"send": "phone"})))
            codes = ("000", "0000", "", "XXXX-XXXX-XXXX")
            seen.extend(facts(browser.post(HERE, {"code": code})) for code in codes)
            told.append(seen)
        assert told[0] == told[1] == told[2]
        assert SentCode.objects.filter(held_off__isnull=False).count() == 1


def facts(answer: Any) -> tuple[Any, ...]:
    """Return what can be seen of an answer: but for the token, the form's own, and the clock."""
    page = BeautifulSoup(answer.content, "html.parser")
    for hidden in page.select("[name=csrfmiddlewaretoken]"):
        hidden.decompose()
    text = "".join(sign if not sign.isdigit() else "9" for sign in str(page.find("main") or ""))
    headers = {name: value for name, value in answer.headers.items() if name not in MOVING}
    cookies = sorted((name, len(morsel.value), morsel["max-age"] != 0) for name, morsel in answer.cookies.items())
    return answer.status_code, headers, cookies, text
