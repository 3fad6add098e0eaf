"""Asking the register, and bringing our mandates in line with its answer."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from kapi.contexts.identity.models import LegalPerson
from kapi.contexts.identity.selectors import get_legal_person
from kapi.contexts.identity.values import PersonId
from kapi.contexts.mandates.errors import NoRegister, RegisterUnavailable
from kapi.contexts.mandates.models import Inquiry, Mandate
from kapi.contexts.mandates.selectors import find_mandate, mandates_of
from kapi.contexts.mandates.services import refresh_mandates
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.outbox.models import OutboxEvent
from kapi.kernel.actors import Actor, ActorKind
from tests import people
from tests.contexts.mandates.register_in_tests import BAKERY, MILL, NAMES, WrittenRegister, company

LATER = timedelta(minutes=5)
WHOLE = (people.NUMBER, BAKERY, "2020-01-01", "", "")


@pytest.fixture
def person(db: None, now: datetime) -> PersonId:
    """A person known to the gateway."""
    return people.register(now=now)


def ask(person: PersonId, now: datetime) -> list[str]:
    """Ask the register and return for whom the person may act now."""
    refresh_mandates(person_id=person, actor=Actor(ActorKind.PERSON, str(person)), now=now)
    return [mandate.principal_name for mandate in mandates_of(representative_id=person, now=now)]


class TestRefreshMandates:
    def test_keeps_what_the_register_says_with_source_and_term(
        self, register: WrittenRegister, person: PersonId, now: datetime
    ) -> None:
        register.says(WHOLE, (people.NUMBER, MILL, "2020-01-01", "2026-11-30", "su-borcu"))
        assert ask(person, now) == [NAMES[BAKERY], NAMES[MILL]]
        row = Mandate.objects.get(principal__name=NAMES[MILL])
        assert (row.source, row.scope, row.services) == ("dummy", "listed", ["su-borcu"])
        assert row.ends_at is not None
        assert mandates_of(representative_id=person, now=row.ends_at) == ()  # nor the other: not confirmed for a week

    def test_asks_again_only_after_a_minute(self, register: WrittenRegister, person: PersonId, now: datetime) -> None:
        assert ask(person, now) == []
        register.says(WHOLE)
        assert ask(person, now + timedelta(seconds=59)) == []
        assert ask(person, now + timedelta(seconds=60)) == [NAMES[BAKERY]]

    def test_ends_what_the_register_no_longer_states_and_announces_it(
        self, register: WrittenRegister, person: PersonId, now: datetime
    ) -> None:
        register.says(WHOLE)
        ask(person, now)
        register.says()
        assert ask(person, now + LATER) == []
        row = Mandate.objects.get()
        assert (row.ended_at, row.end_reason) == (now + LATER, "revoked")
        assert AuditRecord.objects.filter(action="mandates.mandate_ended", subject_id=str(row.pk)).count() == 1
        event = OutboxEvent.objects.get(name="mandates.mandate_ended.v1")
        assert event.payload == {
            "mandate_id": row.pk,
            "representative_id": person,
            "principal_id": row.principal_id,
            "reason": "revoked",
            "ended_at": (now + LATER).isoformat(),
        }

    def test_confirms_what_it_states_again(self, register: WrittenRegister, person: PersonId, now: datetime) -> None:
        register.says(WHOLE)
        ask(person, now)
        ask(person, now + LATER)
        assert Mandate.objects.get().confirmed_at == now + LATER

    def test_writes_other_terms_down_as_another_mandate(
        self, register: WrittenRegister, person: PersonId, now: datetime
    ) -> None:
        register.says(WHOLE)
        ask(person, now)
        register.says((people.NUMBER, BAKERY, "2020-01-01", "", "su-borcu"))
        assert ask(person, now + LATER) == [NAMES[BAKERY]]
        former, present = Mandate.objects.order_by("pk")
        assert (former.scope, former.end_reason) == ("all", "changed")
        assert (present.scope, present.ended_at) == ("listed", None)

    def test_leaves_what_is_known_to_its_term_while_the_register_is_down(
        self, register: WrittenRegister, person: PersonId, now: datetime
    ) -> None:
        register.says((people.NUMBER, BAKERY, "2020-01-01", "2026-11-23", ""))
        ask(person, now)
        register.is_down()
        with pytest.raises(RegisterUnavailable):
            ask(person, now + LATER)
        assert len(mandates_of(representative_id=person, now=now + LATER)) == 1
        assert mandates_of(representative_id=person, now=now + timedelta(days=2)) == ()
        assert Inquiry.objects.get().answered_at == now

    def test_ignores_an_answer_older_than_the_one_it_has(
        self, register: WrittenRegister, person: PersonId, now: datetime
    ) -> None:
        register.says(WHOLE)
        ask(person, now + LATER)
        Inquiry.objects.update(answered_at=now + 2 * LATER)
        register.says()
        refresh_mandates(person_id=person, actor=people.DESK, now=now + LATER)
        assert len(mandates_of(representative_id=person, now=now + LATER)) == 1

    def test_takes_no_half_answer(self, register: WrittenRegister, person: PersonId, now: datetime) -> None:
        register.says(WHOLE)
        register.names(BAKERY, "123")
        with pytest.raises(RegisterUnavailable):
            ask(person, now)
        assert not Mandate.objects.exists()
        assert not LegalPerson.objects.exists()

    def test_says_that_there_is_no_register(
        self, register: WrittenRegister, person: PersonId, now: datetime, settings: object
    ) -> None:
        settings.REPRESENTATIVES_REGISTER = ""  # type: ignore[attr-defined]
        with pytest.raises(NoRegister):
            ask(person, now)

    def test_writes_no_number_into_trail_or_events(
        self, register: WrittenRegister, person: PersonId, now: datetime
    ) -> None:
        register.says(WHOLE)
        ask(person, now)
        register.says()
        ask(person, now + LATER)
        told = [str(vars(row)) for row in (*AuditRecord.objects.all(), *OutboxEvent.objects.all())]
        assert len(told) >= 4
        assert [line for line in told if BAKERY in line or people.NUMBER.digits in line or NAMES[BAKERY] in line] == []


class TestFindMandate:
    def test_finds_the_one_for_this_principal_only(
        self, register: WrittenRegister, person: PersonId, now: datetime
    ) -> None:
        register.says(WHOLE, (people.NUMBER, MILL, "2020-01-01", "2020-12-31", ""))
        assert ask(person, now) == [NAMES[BAKERY]]
        assert find_mandate(representative_id=person, principal_id=company(BAKERY), now=now) is not None
        assert find_mandate(representative_id=person, principal_id=company(MILL), now=now) is None


class TestTables:
    def test_hold_one_standing_mandate_for_each_principal(
        self, register: WrittenRegister, person: PersonId, now: datetime
    ) -> None:
        register.says(WHOLE)
        ask(person, now)
        row = Mandate.objects.get()
        with pytest.raises(IntegrityError), transaction.atomic():
            Mandate.objects.create(**{name: getattr(row, name) for name in COLUMNS})
        for wrong in ({"scope": "some"}, {"ends_at": row.starts_at}, {"ended_at": now}, {"end_reason": "revoked"}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Mandate.objects.filter(pk=row.pk).update(**wrong)


class TestLegalPersons:
    def test_are_brought_up_to_date(self, register: WrittenRegister, person: PersonId, now: datetime) -> None:
        register.says(WHOLE)
        ask(person, now)
        register.names(BAKERY, "Yeni Fırın A.Ş.", "0100000001800015")
        assert ask(person, now + LATER) == ["Yeni Fırın A.Ş."]
        record = get_legal_person(legal_person_id=company(BAKERY))
        assert record.mersis_number is not None
        assert (record.tax_number.digits, record.mersis_number.digits) == (BAKERY, "0100000001800015")
        assert BAKERY.encode() not in bytes(LegalPerson.objects.get().tax_number_sealed)


COLUMNS = (
    "representative_id",
    "principal_id",
    "scope",
    "services",
    "source",
    "starts_at",
    "ends_at",
    "created_at",
    "confirmed_at",
)
