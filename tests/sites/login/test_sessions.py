"""Where one is signed in."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kapi.contexts.identity.models import Session
from kapi.contexts.identity.values import PersonId
from tests import people
from tests.sites.login.pages import fill_in, words

ANDROID = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Mobile Safari/537.36"


@pytest.fixture
def telephone(citizen: PersonId) -> Client:
    """The same citizen on a telephone elsewhere."""
    telephone = Client(REMOTE_ADDR="2001:db8:1234::7", headers={"User-Agent": ANDROID})
    fill_in(telephone)
    return telephone


class TestSessions:
    def test_lists_this_device_first_and_names_no_place(self, signed_in: Client, telephone: Client) -> None:
        text = words(signed_in.get("/hesabim/oturumlar/"))
        assert text.index("Firefox, Linux Bu cihaz") < text.index("Chrome, Android")
        assert "192.0.2.*" in text
        assert "2001:db8:1234:*" in text
        assert "192.0.2.10" not in text

    def test_ends_one_from_another_device(self, signed_in: Client, telephone: Client) -> None:
        session = Session.objects.get(browser="Chrome")
        answer = signed_in.post("/hesabim/oturumlar/", {"session": session.pk}, follow=True)
        assert "Oturum kapatıldı." in words(answer)
        assert telephone.get("/hesabim/").status_code == 302
        assert signed_in.get("/hesabim/").status_code == 200

    def test_ends_all_others(self, signed_in: Client, telephone: Client) -> None:
        answer = signed_in.post("/hesabim/oturumlar/", {"others": "1"}, follow=True)
        assert "Diğer bütün oturumlar kapatıldı." in words(answer)
        assert telephone.get("/hesabim/").status_code == 302
        assert signed_in.get("/hesabim/").status_code == 200

    def test_asks_before_ending_this_one(self, signed_in: Client) -> None:
        session = Session.objects.get(ended_at=None)
        assert signed_in.post("/hesabim/oturumlar/", {"session": session.pk})["Location"] == "/cikis/"
        assert signed_in.get("/hesabim/").status_code == 200

    def test_never_ends_a_strangers_session(self, signed_in: Client, now: datetime) -> None:
        people.make_citizen(now=now, number=people.OTHER_NUMBER)
        stranger = Client()
        fill_in(stranger, number=people.OTHER_NUMBER.digits)
        session = Session.objects.get(person__number_digest__isnull=False, ended_at=None, network="127.0.0.0/24")
        answer = signed_in.post("/hesabim/oturumlar/", {"session": session.pk}, follow=True)
        assert "kapatıldı" not in words(answer)
        assert stranger.get("/hesabim/").status_code == 200

    @pytest.mark.parametrize("nonsense", ["", "x", "-1", "1e3", "9" * 30, "٣", "\x00", "0"])
    def test_passes_over_what_names_no_session(self, signed_in: Client, nonsense: str) -> None:
        answer = signed_in.post("/hesabim/oturumlar/", {"session": nonsense}, follow=True)
        assert answer.status_code == 200
        assert "kapatıldı" not in words(answer)

    def test_asks_no_more_of_the_database_for_many(
        self, signed_in: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(6):
            signed_in.get("/hesabim/oturumlar/")
        for _ in range(3):
            fill_in(Client())
        with django_assert_num_queries(6):
            signed_in.get("/hesabim/oturumlar/")

    def test_is_for_those_who_signed_in(self, db: None, browser: Client) -> None:
        assert browser.get("/en/hesabim/oturumlar/")["Location"] == "/en/giris/?sonra=%2Fen%2Fhesabim%2Foturumlar%2F"

    def test_being_here_puts_off_the_end(self, signed_in: Client, now: datetime) -> None:
        Session.objects.update(last_seen_at=now - timedelta(minutes=10))
        signed_in.get("/hesabim/")
        assert Session.objects.get(ended_at=None).last_seen_at >= now
