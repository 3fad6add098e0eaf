"""What happened at one's account."""

import re
from datetime import UTC, datetime, timedelta

from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kapi.contexts.identity.models import HistoryRow
from kapi.contexts.identity.values import (
    AuthenticatorKind,
    ContactKind,
    HistoryEntry,
    HistoryKind,
    Method,
    PersonId,
    Visitor,
)
from kapi.contexts.openid.models import Visit
from kapi.sites.login.history import means_of
from tests import people, sent_codes
from tests.contexts.institutions.institutions_in_tests import add_top
from tests.sites.login.institutions import approve, open_institution
from tests.sites.login.pages import fill_in, next_page, words


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

    def test_says_by_which_means_people_came_in_and_what_was_added(
        self, signed_in: Client, citizen: PersonId, now: datetime
    ) -> None:
        person = people.sign_in(now=now).signed_in
        sent_codes.add_step(person, sent_codes.add_contact(person, now=now), now=now + timedelta(seconds=15))
        text = words(signed_in.get("/hesabim/giris-gecmisi/"))
        lines = (
            ("Giriş yapıldı", "şifre"),
            ("İletişim adresi eklendi", "cep telefonu"),
            ("Aynı oturumda kimliğinizi ikinci bir yolla doğruladınız", "kısa iletiyle kod"),
            ("Giriş yöntemi eklendi", "kısa iletiyle kod"),
        )
        for what, means in lines:
            line = text[text.index(what) + len(what) :]
            assert line[:60].split(" · ")[1] == means, what

    def test_has_words_for_all_means(self) -> None:
        kinds = (
            (HistoryKind.SIGNED_IN, Method),
            (HistoryKind.AUTHENTICATOR_REMOVED, AuthenticatorKind),
            (HistoryKind.CONTACT_REMOVED, ContactKind),
        )
        for kind, means in kinds:
            at, nowhere = datetime(2026, 11, 22, tzinfo=UTC), Visitor(network="", browser="", system="")
            entry = HistoryEntry(entry_id=1, at=at, kind=kind, visitor=nowhere, means=tuple(means))
            assert means_of(entry).count(" + ") == len(means) - 1

    def test_says_which_desk_did_something_and_who_there(
        self, signed_in: Client, citizen: PersonId, now: datetime
    ) -> None:
        add_top("24301234", "Nüfus Müdürlüğü", now=now)
        text = words(signed_in.get("/hesabim/giris-gecmisi/"))
        line = text[text.index("kodu verildi") :]
        assert "· Nüfus Müdürlüğü · 1 numaralı görevli" in line[:120]

    def test_comes_in_pages(
        self, signed_in: Client, citizen: PersonId, now: datetime, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        HistoryRow.objects.bulk_create(
            HistoryRow(
                person_id=citizen, at=now - timedelta(days=day), kind=HistoryKind.SIGNED_IN, browser=f"Tarayıcı {day}"
            )
            for day in range(60)
        )
        seen: list[str] = []
        query = "?"
        while query:
            with django_assert_max_num_queries(5):  # the session, the role, the entries, the visits, institutions
                answer = signed_in.get(f"/hesabim/giris-gecmisi/{query}")
            seen += re.findall(r"Tarayıcı ([0-9]+)", words(answer))
            query = next_page(answer)
        assert sorted(seen, key=int) == [str(day) for day in range(60)]

    def test_tells_which_institutions_were_visited(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now)
        approve(signed_in)
        text = words(signed_in.get("/hesabim/giris-gecmisi/"))
        assert text.index("Giriş yapılarak gidilen kurum: Örnek Belediyesi") < text.index("Giriş yapıldı")

    def test_shows_each_visit_on_one_page_only(self, signed_in: Client, citizen: PersonId, now: datetime) -> None:
        open_institution(now=now)
        HistoryRow.objects.bulk_create(
            HistoryRow(person_id=citizen, at=now - timedelta(hours=hour), kind=HistoryKind.SIGNED_IN)
            for hour in range(60, 1, -1)
        )
        Visit.objects.bulk_create(
            Visit(
                person_id=citizen, client_id="belediye", session_id=1000 + hour, subject="x", sid=f"sid-{hour}",
                first_at=now - timedelta(hours=hour, minutes=-5), last_at=now,
            )
            for hour in range(1, 70)
        )  # fmt: skip
        counts, query = [], "?"
        while query:
            answer = signed_in.get(f"/hesabim/giris-gecmisi/{query}")
            counts.append(answer.content.decode().count("kapi-timeline__item--visit"))
            query = next_page(answer)
        assert sum(counts) == 69
        assert len(counts) == 3

    def test_reads_any_nonsense_as_the_first_page(self, signed_in: Client) -> None:
        for nonsense in ("x", "-1", "9" * 40, "\x00", "٣"):
            assert "Giriş yapıldı" in words(signed_in.get("/hesabim/giris-gecmisi/", {"once": nonsense}))

    def test_is_for_those_who_signed_in(self, db: None, browser: Client) -> None:
        assert browser.get("/hesabim/giris-gecmisi/")["Location"] == "/giris/?sonra=%2Fhesabim%2Fgiris-gecmisi%2F"
