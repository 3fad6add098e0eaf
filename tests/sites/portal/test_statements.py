"""Help, the accessibility statement, the privacy notice: they say what is true."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from kapi.contexts.catalogue.models import BarrierReport
from kapi.contexts.catalogue.services import voices
from kapi.contexts.identity.rules import budgets, sessions
from kapi.contexts.identity.services import history
from kapi.foundation.limits.values import Budget
from kapi.kernel.actors import NOBODY
from kapi.sites.portal import conformance, privacy, statements
from tests.sites.portal.reading import facts, links, words


@pytest.mark.django_db
class TestHelp:
    def test_tells_after_how_long_a_session_really_ends(self, client: Client) -> None:
        assert timedelta(minutes=statements.IDLE_MINUTES) == sessions.IDLE
        assert f"{statements.IDLE_MINUTES} dakika boyunca" in words(client.get("/yardim/"))

    def test_names_the_address_where_a_password_may_be_typed(self, client: Client) -> None:
        assert settings.LOGIN_URL in words(client.get("/yardim/"))

    def test_leads_to_feedback_and_to_the_barrier_report(self, client: Client) -> None:
        assert {"/geri-bildirim/", "/erisilebilirlik/engel-bildir/"} <= set(links(client.get("/yardim/")).values())


@pytest.mark.django_db
class TestAccessibility:
    def test_says_what_was_not_tested_and_does_not_claim_full_conformance(self, client: Client) -> None:
        text = words(client.get("/erisilebilirlik/"))
        assert "WCAG 2.2" in text
        assert "bütünüyle uyduğunu söylemiyoruz" in text
        assert "NVDA" in text

    def test_sums_the_table_of_criteria_up(self, client: Client) -> None:
        stated = facts(client.get("/erisilebilirlik/"))
        assert stated["Standart"] == "WCAG 2.2, A ve AA düzeyleri"
        assert stated["Bütün ölçütler"] == "55"
        assert "Bilinen bir aykırılık yok" in stated["Durum"]
        assert int(stated["Her değişiklikten önce programların denetlediği ölçütler"]) + int(
            stated["Bu sayfalarda aykırı düşebilecek bir şey bulunmayan ölçütler (video ölçütleri gibi)"]
        ) == len(conformance.CRITERIA)

    def test_counts_the_barriers_of_the_last_year(self, client: Client) -> None:
        now = timezone.now()
        for at in (now - timedelta(days=400), now - timedelta(days=2), now):
            voices.record_barrier_report(
                page="/", text="Düğme okunmuyor", contact="", language="tr", actor=NOBODY, now=at
            )
        BarrierReport.objects.filter(at=now).update(answered_at=now)
        assert "son bir yılda 2 engel bildirdi; 1 tanesini yanıtladık" in words(client.get("/erisilebilirlik/"))

    def test_says_by_when_somebody_reads_it_again(self, client: Client) -> None:
        assert "en geç 22 Kasım 2027" in words(client.get("/erisilebilirlik/"))

    def test_is_dated_and_names_who_is_responsible(self, client: Client, settings: Settings) -> None:
        settings.OPERATOR_NAME = "Örnek İşletmecisi"
        text = words(client.get("/erisilebilirlik/"))
        assert "Örnek İşletmecisi" in text
        assert "22 Kasım 2026" in text


@pytest.mark.django_db
class TestPrivacy:
    def test_tells_the_periods_that_the_code_keeps(self, client: Client) -> None:
        text = words(client.get("/gizlilik/"))
        for period in (history.KEEP_HISTORY, history.KEEP_DEVICE, voices.KEEP_VOICES, voices.KEEP_UNANSWERED):
            assert f"{period.days} gün" in text

    def test_tells_of_the_longest_count_of_addresses(self) -> None:
        windows = [
            budget.window
            for kept in vars(budgets).values()
            if isinstance(kept, tuple)
            for budget in kept
            if isinstance(budget, Budget)
        ]
        assert max(windows) == timedelta(days=privacy.LONGEST_COUNT_DAYS)

    def test_names_every_cookie(self, client: Client) -> None:
        text = words(client.get("/gizlilik/"))
        cookies = {getattr(settings, name) for name in dir(settings) if name.endswith("_COOKIE_NAME")}
        unused = {settings.LANGUAGE_COOKIE_NAME}  # the address tells the language
        assert {name for name in cookies - unused if name not in text} == set()

    def test_invents_no_legal_basis_and_no_address(self, client: Client) -> None:
        text = words(client.get("/gizlilik/"))
        assert "Hukuki dayanağı: Belirtilmemiş" in text
        assert "Nereye gönderilir: Belirtilmemiş" in text

    def test_says_what_the_operator_has_set(self, client: Client, settings: Settings) -> None:
        settings.PRIVACY_CONTACT = "kvkk@kapi.example"
        settings.PRIVACY_LEGAL_BASIS = "Örnek Kanunu"
        text = words(client.get("/gizlilik/"))
        assert "Nereye gönderilir: kvkk@kapi.example" in text
        assert "Hukuki dayanağı: Örnek Kanunu" in text

    def test_keeps_its_word_and_sets_no_cookie_on_those_who_look_around(self, client: Client) -> None:
        for path in ("/", "/ara?q=x", "/gizlilik/", "/yardim/", "/kurumlar/"):
            assert not client.get(path).cookies
