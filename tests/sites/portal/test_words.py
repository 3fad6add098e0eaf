"""What a service's facts are called."""

import pytest
from django.utils import translation

from kapi.contexts.catalogue.values import ChannelType, CostView, Duration, LegalResource, ServiceKind
from kapi.kernel.langstring import LocalText
from kapi.sites.portal import words


class TestDuration:
    @pytest.mark.parametrize(
        ("time", "tr", "en"),
        [
            (Duration(), "Hemen", "At once"),
            (Duration(days=1, working_days=True), "1 iş günü", "1 working day"),
            (Duration(days=3), "3 gün", "3 days"),
            (Duration(months=1, days=5), "1 ay 5 gün", "1 month 5 days"),
            (Duration(years=2, hours=1, minutes=30), "2 yıl 1 saat 30 dakika", "2 years 1 hour 30 minutes"),
        ],
    )
    def test_is_said_in_words(self, time: Duration, tr: str, en: str) -> None:
        assert words.duration(time) == tr
        with translation.override("en"):
            assert words.duration(time) == en


class TestCost:
    @pytest.mark.parametrize(
        ("minor", "currency", "tr", "en"),
        [
            (0, "TRY", "Ücretsiz", "Free"),
            (123_456, "TRY", "1.234,56 TL", "1,234.56 TL"),
            (5, "EUR", "0,05 EUR", "0.05 EUR"),
            (1_000, "JPY", "1.000 JPY", "1,000 JPY"),
        ],
    )
    def test_is_written_as_people_write_money(self, minor: int, currency: str, tr: str, en: str) -> None:
        fee = CostView(minor, currency, LocalText("", "tr"))
        assert words.cost(fee) == tr
        with translation.override("en"):
            assert words.cost(fee) == en


class TestLegalResource:
    @pytest.mark.parametrize(
        ("law", "text"),
        [
            (LegalResource("law", "6183", "", "Amme Alacakları"), "6183 sayılı Kanun: Amme Alacakları"),
            (LegalResource("law", "6183", "3", ""), "6183 sayılı Kanun, madde 3"),
            (LegalResource("Tüzük", "7", "", ""), "7 sayılı Tüzük"),
            (LegalResource("", "", "", "Bir Yönerge"), "Bir Yönerge"),
            (LegalResource("circular", "", "", ""), "Genelge"),
        ],
    )
    def test_names_what_is_known(self, law: LegalResource, text: str) -> None:
        assert words.legal_resource(law) == text


def test_every_kind_and_channel_has_a_name() -> None:
    assert set(words.KINDS) == set(ServiceKind)
    assert set(words.CHANNELS) == set(ChannelType)
