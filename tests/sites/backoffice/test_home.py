"""The first page at work."""

from datetime import datetime

from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kapi.contexts.institutions.values import Role
from tests.sites.backoffice.staff import FACULTY, MINISTRY, at_work, rows, words


class TestHome:
    def test_lists_my_institutions_with_my_roles(self, institutions: None, now: datetime) -> None:
        browser = at_work(3, (Role.SERVICE_EDITOR, MINISTRY), (Role.SERVICE_APPROVER, FACULTY), now=now)
        assert rows(browser.get("/yonetim/")) == [
            ["Örnek Bakanlığı", MINISTRY, "Hizmet yazarı"],
            ["Çağrı Merkezi", FACULTY, "Hizmet onay sorumlusu"],
        ]

    def test_speaks_english_too(self, officer: Client) -> None:
        assert "Account desk" in words(officer.get("/en/yonetim/"))

    def test_leads_only_where_one_may_go(self, officer: Client, institutions: None, now: datetime) -> None:
        assert "Hesap masası" in words(officer.get("/yonetim/"))
        assert "Hesap masası" not in words(at_work(3, (Role.SERVICE_EDITOR, MINISTRY), now=now).get("/yonetim/"))

    def test_is_not_for_citizens(self, citizen: Client) -> None:
        answer = citizen.get("/yonetim/")
        assert answer.status_code == 403
        assert "yetkiniz" in words(answer).lower()

    def test_asks_strangers_to_sign_in(self, db: None, client: Client) -> None:
        assert client.get("/yonetim/")["Location"] == "/giris/?sonra=%2Fyonetim%2F"

    def test_asks_the_database_a_few_times(
        self, officer: Client, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_max_num_queries(6):
            officer.get("/yonetim/")
