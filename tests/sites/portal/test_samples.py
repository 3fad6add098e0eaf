"""Addresses that lead nowhere on purpose are called so, in a demo only."""

from dataclasses import replace
from datetime import datetime

import pytest
from django.test import Client
from pytest_django import Settings

from kapi.contexts.catalogue.values import Channel, ChannelType
from kapi.sites.portal.samples import is_sample
from tests.contexts.catalogue.services_in_tests import STUDENT_CERTIFICATE, publish
from tests.sites.portal.reading import words


class TestIsSample:
    @pytest.mark.parametrize(
        ("address", "sample"),
        [
            ("https://nufus.kapi.example/x", True),
            ("https://KAPI.EXAMPLE./", True),
            ("https://www.example.org/", True),
            ("http://a.test", True),
            ("http://localhost:8001/hizmet/su-borcu", False),
            ("https://example.gov.tr/", False),
            ("https://notexample.com/", False),
            ("https://kapi.example.gov.tr/", False),
            ("", False),
        ],
    )
    def test_knows_the_names_that_are_kept_free(self, settings: Settings, address: str, sample: bool) -> None:
        settings.DEMO = True
        assert is_sample(address) is sample
        settings.DEMO = False
        assert not is_sample(address)


@pytest.mark.usefixtures("_catalogue")
class TestPages:
    @pytest.fixture(autouse=True)
    def _published(self, _catalogue: None, now: datetime) -> None:
        content = replace(
            STUDENT_CERTIFICATE,
            channels=(Channel(ChannelType.WEB, "https://u.kapi.example/"), *STUDENT_CERTIFICATE.channels[1:]),
            sign_language_url="https://isaret.kapi.example/",
            easy_read_url="https://kolay.example.gov.tr/",
        )
        publish("ogrenci-belgesi", content, now=now)

    def test_say_so_beside_each_link_of_a_demo(self, client: Client, settings: Settings) -> None:
        settings.DEMO = True
        text = words(client.get("/hizmet/ogrenci-belgesi/"))
        assert "Örnek adres: bu bir deneme sürümü olduğundan orada kimse yanıt vermez." in text
        assert text.count("(örnek adres)") == 1
        assert "İşaret diliyle izleyin (örnek adres)" in text

    def test_say_nothing_of_it_elsewhere(self, client: Client, settings: Settings) -> None:
        settings.DEMO = False
        assert "örnek adres" not in words(client.get("/hizmet/ogrenci-belgesi/")).lower()
