"""The page of a service."""

from dataclasses import replace
from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kapi.contexts.catalogue import selectors
from kapi.contexts.catalogue.errors import ServiceNotFound
from kapi.contexts.catalogue.values import Channel, ChannelType, Duration, Link
from kapi.kernel.langstring import LocalText
from tests.contexts.catalogue.services_in_tests import STUDENT_CERTIFICATE, prepare_catalogue, publish

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _published(now: datetime) -> None:
    prepare_catalogue(now)
    publish("ogrenci-belgesi", STUDENT_CERTIFICATE, now=now)


class TestFindServicePage:
    def test_says_all_that_was_published(self, now: datetime) -> None:
        page = selectors.get_service_page(code="ogrenci-belgesi", language="en")
        assert page.title == "Student certificate"
        assert page.institution == Link("10000001", LocalText("Council of Higher Education", "en"))
        assert page.processing_time == Duration(days=3, working_days=True)
        assert (page.costs[0].amount_minor, page.costs[0].condition) == (12_550, "If signed by hand")
        assert [(link.code, link.title) for link in page.categories] == [("egitim", "Education"), ("nufus", "Nüfus")]
        assert [link.title for link in page.life_events] == ["Going to university"]
        assert [channel.type for channel in page.channels] == [ChannelType.WEB, ChannelType.COUNTER, ChannelType.PHONE]
        assert page.online_address == "https://example.edu/en/student-certificate"
        assert page.legal_basis == STUDENT_CERTIFICATE.legal_basis
        assert (page.revision, page.published_at) == (1, now)

    def test_leads_to_the_turkish_page_where_there_is_no_other(self, now: datetime) -> None:
        channels = (Channel(ChannelType.WEB, "https://example.edu/tr"), *STUDENT_CERTIFICATE.channels[1:])
        publish("ogrenci-belgesi", replace(STUDENT_CERTIFICATE, channels=channels), now=now)
        page = selectors.get_service_page(code="ogrenci-belgesi", language="en")
        assert (page.online_address, page.online_address.language) == ("https://example.edu/tr", "tr")

    def test_says_which_texts_are_in_another_language(self) -> None:
        page = selectors.get_service_page(code="ogrenci-belgesi", language="en")
        assert [(text, text.language) for text in page.evidence] == [("Identity document", "en"), ("Dilekçe", "tr")]

    def test_takes_two_queries(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            selectors.find_service_page(code="ogrenci-belgesi", language="tr")
        assert len(queries) == 2

    def test_finds_nothing_under_an_unknown_code(self) -> None:
        assert selectors.find_service_page(code="yok", language="tr") is None
        with pytest.raises(ServiceNotFound):
            selectors.get_service_page(code="yok", language="tr")
