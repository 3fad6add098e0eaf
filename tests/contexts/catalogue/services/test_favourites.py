"""A person's own services."""

from datetime import datetime

import pytest
from django.db import IntegrityError, transaction

from kapi.contexts.catalogue import selectors, services
from kapi.contexts.catalogue.errors import ServiceNotFound, TooManyFavourites
from kapi.contexts.catalogue.models import Favourite
from kapi.contexts.catalogue.values import MOST_FAVOURITES
from kapi.contexts.identity.models import Person
from kapi.foundation.audit.models import AuditRecord
from kapi.kernel.actors import Actor, ActorKind
from tests import people
from tests.contexts.catalogue.services_in_tests import APPROVER, STUDENT_CERTIFICATE, prepare_catalogue, publish, titled

pytestmark = pytest.mark.django_db

ME = Actor(ActorKind.PERSON, "1")


@pytest.fixture
def person_id(now: datetime) -> int:
    """A person, in a catalogue of two services."""
    prepare_catalogue(now)
    publish("ogrenci-belgesi", STUDENT_CERTIFICATE, now=now)
    publish("diploma", titled("Diploma", "Diploma in English"), now=now)
    return int(people.register(now=now))


def codes(person_id: int) -> list[str]:
    return [link.code for link in selectors.favourites_of(person_id=person_id, language="tr")]


def add(person_id: int, code: str, now: datetime) -> None:
    services.add_favourite(person_id=person_id, service_code=code, actor=ME, now=now)


class TestAddFavourite:
    def test_puts_the_last_first_and_none_twice(self, person_id: int, now: datetime) -> None:
        for code in ("ogrenci-belgesi", "diploma", "ogrenci-belgesi"):
            add(person_id, code, now)
        assert codes(person_id) == ["diploma", "ogrenci-belgesi"]
        assert selectors.favourites_of(person_id=person_id, language="en")[0].title == "Diploma in English"
        assert selectors.is_favourite(person_id=person_id, service_code="diploma")
        assert not selectors.is_favourite(person_id=person_id + 1, service_code="diploma")

    def test_knows_what_is_on_offer_only(self, person_id: int, now: datetime) -> None:
        add(person_id, "diploma", now)
        services.retire(service_code="diploma", actor=APPROVER, now=now)
        assert codes(person_id) == []
        for code in ("diploma", "yok"):
            with pytest.raises(ServiceNotFound):
                add(person_id, code, now)

    def test_ends_where_the_page_is_full(self, person_id: int, now: datetime) -> None:
        for number in range(MOST_FAVOURITES):
            publish(f"s-{number}", titled(f"Hizmet {number}"), now=now)
            add(person_id, f"s-{number}", now)
        with pytest.raises(TooManyFavourites):
            add(person_id, "diploma", now)
        add(person_id, "s-1", now)  # is there already

    def test_tells_the_audit_trail_nothing(self, person_id: int, now: datetime) -> None:
        before = AuditRecord.objects.count()
        add(person_id, "diploma", now)
        services.remove_favourite(person_id=person_id, service_code="diploma", actor=ME, now=now)
        assert AuditRecord.objects.count() == before


class TestRemoveFavourite:
    def test_takes_it_off_and_misses_nothing(self, person_id: int, now: datetime) -> None:
        add(person_id, "diploma", now)
        for _ in range(2):
            services.remove_favourite(person_id=person_id, service_code="diploma", actor=ME, now=now)
        assert codes(person_id) == []


class TestFavourite:
    def test_stands_once_even_in_the_database_and_goes_with_the_person(self, person_id: int, now: datetime) -> None:
        add(person_id, "diploma", now)
        row = Favourite.objects.get()
        with pytest.raises(IntegrityError), transaction.atomic():
            Favourite.objects.create(person_id=person_id, service_id=row.service_id)
        Person.objects.filter(pk=person_id).delete()
        assert not Favourite.objects.exists()
