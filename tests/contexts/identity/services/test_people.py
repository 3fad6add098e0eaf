"""Registering people."""

from datetime import datetime

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from kapi.contexts.identity import selectors, services
from kapi.contexts.identity.errors import PersonDiffers, PersonNotFound
from kapi.contexts.identity.models import Person
from kapi.contexts.identity.values import BirthDate, CorrectionReason, HistoryKind, PersonId
from kapi.foundation.audit.models import AuditRecord
from kapi.kernel.errors import InvalidValue
from tests.people import DESK, NUMBER, register

pytestmark = pytest.mark.django_db


class TestRegisterPerson:
    def test_keeps_what_is_known(self, now: datetime) -> None:
        person_id = register(now=now)
        record = selectors.get_person_record(person_id=person_id)
        assert record.identity_number == NUMBER
        assert (record.display_name, record.birth) == ("Deniz Yılmaz", BirthDate(year=1990, month=5, day=17))
        assert AuditRecord.objects.get(action="identity.person_registered").subject_id == str(person_id)

    @pytest.mark.parametrize("birth", [BirthDate(), BirthDate(year=1950), BirthDate(year=1950, month=7)])
    def test_takes_people_without_surname_birth_day_or_month(self, now: datetime, birth: BirthDate) -> None:
        person_id = register(now=now, given_names="Fatma", family_name=None, birth=birth)
        record = selectors.get_person_record(person_id=person_id)
        assert (record.family_name, record.display_name, record.birth) == (None, "Fatma", birth)

    def test_never_stores_the_number_in_the_clear(self, now: datetime) -> None:
        register(now=now)
        row = Person.objects.get()
        assert NUMBER.digits not in f"{row.number_digest}{bytes(row.number_sealed)!r}"

    def test_finds_who_is_registered_already(self, now: datetime) -> None:
        assert register(now=now) == register(now=now, given_names="  Deniz ")
        assert Person.objects.count() == 1

    def test_finds_them_under_a_former_secret_key(self, now: datetime, settings: Settings) -> None:
        first = register(now=now)
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "a new secret key of more than 32 characters"
        assert register(now=now) == first
        assert selectors.get_person_record(person_id=first).identity_number == NUMBER

    def test_does_not_mix_up_two_people(self, now: datetime) -> None:
        register(now=now)
        with pytest.raises(PersonDiffers):
            register(now=now, family_name="Kaya")
        with pytest.raises(PersonDiffers):
            register(now=now, birth=BirthDate(year=1990))
        assert AuditRecord.objects.filter(action="identity.person_looked_up").count() == 2  # asked, and written down

    def test_refuses_what_cannot_be(self, now: datetime) -> None:
        with pytest.raises(InvalidValue):
            register(now=now, given_names="")
        with pytest.raises(InvalidValue):
            register(now=now, birth=BirthDate(year=1990, month=2, day=30))


class TestCorrectPerson:
    def test_replaces_name_and_birth_date_and_audits_which_without_the_values(self, now: datetime) -> None:
        person_id = register(now=now)
        services.correct_person(
            person_id=person_id,
            given_names="Deniz",
            family_name="Kaya",
            birth=BirthDate(year=1990, month=5),
            reason=CorrectionReason.COURT,
            actor=DESK,
            now=now,
        )
        assert selectors.get_person_record(person_id=person_id).display_name == "Deniz Kaya"
        audited = AuditRecord.objects.get(action="identity.person_corrected")
        assert audited.details == {"changed": ["birth_day", "family_name"], "reason": "court"}
        (entry,) = selectors.sign_in_history(person_id=person_id).entries
        assert entry.kind is HistoryKind.CORRECTED

    def test_writes_nothing_where_nothing_is_different(self, now: datetime) -> None:
        person_id = register(now=now)
        record = selectors.get_person_record(person_id=person_id)
        services.correct_person(
            person_id=person_id,
            given_names=record.given_names,
            family_name=record.family_name,
            birth=record.birth,
            reason=CorrectionReason.MISTAKE,
            actor=DESK,
            now=now,
        )
        assert not AuditRecord.objects.filter(action="identity.person_corrected").exists()
        assert selectors.sign_in_history(person_id=person_id).entries == ()

    def test_refuses_nobody(self, now: datetime) -> None:
        with pytest.raises(PersonNotFound):
            services.correct_person(
                person_id=PersonId(0),
                given_names="A",
                family_name=None,
                birth=BirthDate(),
                reason=CorrectionReason.MISTAKE,
                actor=DESK,
                now=now,
            )


class TestConstraints:
    @pytest.mark.parametrize(
        "broken",
        [
            {"given_names": ""},
            {"birth_month": 0},
            {"birth_month": 13},
            {"birth_day": 32},
            {"birth_month": None, "birth_day": 1},
            {"birth_year": None, "birth_month": 1, "birth_day": None},
        ],
    )
    def test_hold_in_the_database(self, now: datetime, broken: dict[str, object]) -> None:
        register(now=now)
        with pytest.raises(IntegrityError), transaction.atomic():
            Person.objects.update(**broken)


class TestLookUpPerson:
    def test_writes_down_who_looked(self, now: datetime) -> None:
        person_id = register(now=now)
        assert services.look_up_person(identity_number=NUMBER, actor=DESK, now=now) == person_id
        row = AuditRecord.objects.get(action="identity.person_looked_up")
        assert (row.actor_id, row.subject_id, row.details) == (DESK.id, str(person_id), {})

    def test_finds_nobody_under_a_strangers_number(self, now: datetime) -> None:
        with pytest.raises(PersonNotFound):
            services.look_up_person(identity_number=NUMBER, actor=DESK, now=now)
        assert AuditRecord.objects.get(action="identity.nobody_found").actor_id == DESK.id


class TestNamesOf:
    def test_leaves_out_who_is_not_there(self, now: datetime) -> None:
        person_id = register(now=now)
        assert selectors.names_of(person_ids=[person_id, person_id + 1]) == {person_id: "Deniz Yılmaz"}
