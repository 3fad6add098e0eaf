"""What happened at one's account."""

from datetime import datetime, timedelta

from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kapi.contexts.identity.models import HistoryRow
from kapi.contexts.identity.values import HistoryKind, PersonId
from tests.sites.login.pages import fill_in, words


class TestHistory:
    def test_tells_what_succeeded_and_what_failed_newest_first(self, browser: Client, citizen: PersonId) -> None:
        fill_in(browser, password="yanlis")
        fill_in(browser)
        text = words(browser.get("/hesabim/giris-gecmisi/"))
        order = [
            "Giriş yapıldı",
            "Yanlış şifreyle giriş denendi",
            "Şifre belirlendi",
            "apalı zarf koduyla",
            "kodu verildi",
        ]
        places = [text.index(part) for part in order]
        assert places == sorted(places)
        assert "Firefox, Linux" in text
        assert "192.0.2.*" in text

    def test_comes_in_pages(
        self, signed_in: Client, citizen: PersonId, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        HistoryRow.objects.bulk_create(
            HistoryRow(
                person_id=citizen, at=now - timedelta(days=day), kind=HistoryKind.SIGNED_IN, browser=f"Tarayıcı {day}"
            )
            for day in range(60)
        )
        seen: list[str] = []
        address = "/hesabim/giris-gecmisi/"
        while address:
            with django_assert_num_queries(2):
                answer = signed_in.get(address)
            text = answer.content.decode()
            seen += [f"{day}" for day in range(60) if f"Tarayıcı {day}<" in text or f"Tarayıcı {day}\n" in text]
            address = ""
            if 'href="?once=' in text:
                address = "/hesabim/giris-gecmisi/?once=" + text.split('href="?once=')[1].split('"')[0]
        assert sorted(seen, key=int) == [str(day) for day in range(60)]

    def test_reads_any_nonsense_as_the_first_page(self, signed_in: Client) -> None:
        for nonsense in ("x", "-1", "9" * 40, "\x00", "٣"):
            assert "Giriş yapıldı" in words(signed_in.get("/hesabim/giris-gecmisi/", {"once": nonsense}))

    def test_is_for_those_who_signed_in(self, db: None, browser: Client) -> None:
        assert browser.get("/hesabim/giris-gecmisi/")["Location"] == "/giris/?sonra=%2Fhesabim%2Fgiris-gecmisi%2F"
