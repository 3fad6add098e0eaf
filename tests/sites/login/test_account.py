"""One's account at a glance."""

from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests import people
from tests.sites.login.pages import words


class TestAccount:
    def test_shows_who_one_is_but_not_the_whole_number(self, signed_in: Client) -> None:
        answer = signed_in.get("/hesabim/")
        text = words(answer)
        assert "Deniz Yılmaz" in text
        assert "*********46" in text
        assert people.NUMBER.digits not in answer.content.decode()

    def test_asks_the_database_little(
        self, signed_in: Client, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(9):
            signed_in.get("/hesabim/")

    def test_is_for_those_who_signed_in(self, db: None, browser: Client) -> None:
        assert browser.get("/hesabim/")["Location"] == "/giris/?sonra=%2Fhesabim%2F"
