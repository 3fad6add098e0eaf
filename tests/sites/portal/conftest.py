"""A small catalogue, and what the tests read from pages."""

from dataclasses import replace
from datetime import datetime

import pytest

from kapi.contexts.catalogue.models import LifeEvent, LifeEventStep, Service
from kapi.contexts.catalogue.values import Channel, ChannelType, Cost, ServiceContent, ServiceKind
from kapi.kernel.langstring import LangString
from tests.contexts.catalogue.services_in_tests import STUDENT_CERTIFICATE, prepare_catalogue, publish, titled
from tests.contexts.institutions.institutions_in_tests import add_top, add_unit

BARE = ServiceContent(
    title=LangString("Yurt Başvurusu"),
    summary=LangString("Yurtta yer isteyin."),
    description=LangString("Öğrenciler içindir."),
    kind=ServiceKind.APPLICATION,
    categories=("egitim",),
    life_events=("universite",),
    channels=(Channel(ChannelType.COUNTER, place=LangString("Yurt müdürlüğü")),),
)
RESIDENCE = replace(
    titled("Yerleşim Yeri Belgesi", "Proof of residence", "ikametgah"),
    categories=("nufus",),
    life_events=(),
    costs=(Cost(0, "TRY"),),
    processing_time="PT0S",
)


@pytest.fixture
def _catalogue(db: None, now: datetime) -> None:
    """Three services of two institutions: one that says everything, one that says hardly anything, one in between."""
    prepare_catalogue(now)
    add_top("20000001", "Çamlıdere Belediyesi", now=now)
    add_unit("20000002", "20000001", "Yazı İşleri", now=now)
    publish("ogrenci-belgesi", STUDENT_CERTIFICATE, now=now)
    publish("yurt-basvurusu", BARE, now=now)
    publish("yerlesim-yeri-belgesi", RESIDENCE, now=now, institution_code="20000001")
    event = LifeEvent.objects.get(pk="universite")
    certificate = Service.objects.get(code="ogrenci-belgesi")
    for position, (title, service) in enumerate([("Sınava girin", None), ("Belge alın", certificate)], 1):
        LifeEventStep.objects.create(life_event=event, position=position, title={"tr": title}, service=service)


@pytest.fixture
def _many_services(_catalogue: None, now: datetime) -> None:
    """Enough services to fill more than one page."""
    for number in range(30):
        publish(f"deneme-{number:02d}", replace(BARE, title=LangString(f"Deneme Hizmeti {number:02d}")), now=now)
