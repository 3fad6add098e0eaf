"""What was shared with whom."""

from datetime import datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kapi.contexts.openid.models import Approval, Sharing
from kapi.contexts.openid.values.clients import Scope, ScopeUse
from kapi.kernel.langstring import LangString
from tests.sites.login.institutions import BY_CONSENT, BY_LAW, approve, fetch_data, go_to, open_institution
from tests.sites.login.pages import next_page, words


class TestSharings:
    def test_tells_what_went_to_whom_and_why_but_not_the_values(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now)
        fetch_data("belediye", approve(signed_in)["code"], now=now)
        text = words(signed_in.get("/hesabim/paylasimlar/"))
        assert "Örnek Belediyesi" in text
        assert "Ad soyad Başvurunuzu kaydetmek 5393 sayılı Belediye Kanunu, madde 15" in text
        assert "Deniz" not in text

    def test_names_purpose_and_legal_basis_of_every_attribute_as_soon_as_it_is_out(
        self, signed_in: Client, now: datetime
    ) -> None:
        uses = [
            ScopeUse(scope, LangString(f"{scope} için amaç"), LangString(f"{scope} için dayanak"))
            for scope in (Scope.PROFILE, Scope.BIRTHDATE, Scope.IDENTITY_NUMBER)
        ]
        open_institution(now=now, uses=uses)
        code = approve(signed_in, scope="openid profile birthdate identity_number")["code"]
        released = set(fetch_data("belediye", code, now=now)) - {"sub"}
        # No worker has run: the line is written before the answer goes out, and no page of it is kept anywhere.
        answer = signed_in.get("/hesabim/paylasimlar/")
        assert "no-store" in answer["Cache-Control"]
        rows = BeautifulSoup(answer.content, "html.parser").select(".govuk-summary-list__row:has(.govuk-hint)")
        told = [" ".join(row.get_text(" ").split()) for row in rows]
        assert len(released) == 5
        assert told == [
            "Ad soyad profile için amaç profile için dayanak",
            "Doğum tarihi birthdate için amaç birthdate için dayanak",
            "Kimlik numarası identity_number için amaç identity_number için dayanak",
        ]
        kept = {name for scope in Sharing.objects.get().scopes for name in scope["attributes"]}
        assert kept == released

    def test_says_how_to_begin_when_nothing_was_shared(self, signed_in: Client) -> None:
        assert "Henüz bir şey paylaşılmadı" in words(signed_in.get("/hesabim/paylasimlar/"))

    def test_takes_a_consent_back(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now, uses=(BY_CONSENT,))
        approve(signed_in, scope="openid birthdate")
        assert "Rızamı geri al" in words(signed_in.get("/hesabim/paylasimlar/"))
        answer = signed_in.post("/hesabim/paylasimlar/", {"client": "belediye"}, follow=True)
        assert "Rızanızı geri aldınız" in words(answer)
        assert "Rızamı geri al" not in words(answer)
        assert go_to(signed_in, scope="openid birthdate")["Location"].startswith("/giris/onay/")

    def test_offers_no_way_back_where_the_law_decides(self, signed_in: Client, now: datetime) -> None:
        open_institution(now=now)
        approve(signed_in)
        text = words(signed_in.get("/hesabim/paylasimlar/"))
        assert "Hatırlanan yanıtlar" in text
        assert "Rızamı geri al" not in text
        answer = signed_in.post("/hesabim/paylasimlar/", {"client": "belediye"}, follow=True)
        assert "Rızanızı geri aldınız" not in words(answer)
        assert Approval.objects.filter(withdrawn_at=None).count() == 1

    @pytest.mark.parametrize("nonsense", ["", "\x00", "yok", "x" * 500])
    def test_passes_over_what_names_no_institution(self, signed_in: Client, nonsense: str) -> None:
        answer = signed_in.post("/hesabim/paylasimlar/", {"client": nonsense}, follow=True)
        assert "geri aldınız" not in words(answer)

    def test_comes_in_pages(
        self, signed_in: Client, now: datetime, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        open_institution(now=now, uses=(BY_LAW,))
        fetch_data("belediye", approve(signed_in)["code"], now=now)
        first = Sharing.objects.get()
        Sharing.objects.bulk_create(
            Sharing(
                person_id=first.person_id,
                client_id=first.client_id,
                at=now - timedelta(days=day),
                scopes=first.scopes,
                token_id=f"t{day}",
            )
            for day in range(1, 45)
        )
        counts, query = [], "?"
        while query:
            with django_assert_num_queries(4):  # the session, the role, the sharings, the remembered answers
                answer = signed_in.get(f"/hesabim/paylasimlar/{query}")
            counts.append(words(answer).count("Ne zaman"))
            query = next_page(answer)
        assert counts == [20, 20, 5]

    def test_reads_any_nonsense_as_the_first_page(self, signed_in: Client) -> None:
        for nonsense in ("x", "-1", "9" * 40, "9" * 17, "\x00", "٣"):
            assert signed_in.get("/hesabim/paylasimlar/", {"once": nonsense}).status_code == 200

    def test_is_for_those_who_signed_in(self, db: None, browser: Client) -> None:
        assert browser.get("/hesabim/paylasimlar/")["Location"] == "/giris/?sonra=%2Fhesabim%2Fpaylasimlar%2F"
