"""Writes of a chain are made one because of the other, all or none."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kapi.contexts.openid.models import UsedProof
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.audit.services import RECORDING, columns_of
from kapi.foundation.chains import Chain, Inserting, Made, Noting, Updating
from kapi.foundation.limits.models import LimitCounter
from kapi.foundation.statements import Slot
from kapi.kernel.actors import system

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
PUT_OFF = Updating(
    lambda: UsedProof.objects.filter(pk=Slot("name"), expires_at__lt=Slot("until")), expires_at=Slot("until")
)
CHAIN = Chain(PUT_OFF, Inserting(LimitCounter), RECORDING)
ONCE = Chain(Inserting(UsedProof, once=True), RECORDING)


def recorded(now: datetime, link: int = 1) -> dict[str, object]:
    return columns_of(
        action="test.done",
        subject_kind="thing",
        subject_id="1",
        actor=system("test"),
        now=now,
        details={"scope": "a 'b' %s"},
        with_key=("of", Made(link)),
    )


def put_off(now: datetime, key: str = "k") -> object:
    counter = {"key": key, "count": 1, "ends_at": now}
    return CHAIN.make({"name": "a", "until": now + HOUR}, counter, recorded(now))


class TestChain:
    def test_makes_every_write_and_returns_the_last_key(self, now: datetime) -> None:
        UsedProof.objects.create(proof_hash="a", expires_at=now)
        key = put_off(now)
        record = AuditRecord.objects.get()
        assert record.pk == key
        assert (record.at, record.actor_kind, record.institution_code) == (now, "system", "")
        assert record.details == {"scope": "a 'b' %s", "of": LimitCounter.objects.get().pk}
        assert UsedProof.objects.get().expires_at == now + HOUR

    def test_makes_nothing_after_what_found_nothing(self, now: datetime) -> None:
        assert put_off(now) is None
        UsedProof.objects.create(proof_hash="a", expires_at=now + HOUR)
        assert put_off(now) is None
        assert not LimitCounter.objects.exists()
        assert not AuditRecord.objects.exists()

    def test_makes_none_where_one_is_forbidden(self, now: datetime) -> None:
        UsedProof.objects.create(proof_hash="a", expires_at=now)
        LimitCounter.objects.create(key="k", count=1, ends_at=now)
        with pytest.raises(IntegrityError), transaction.atomic():
            put_off(now)
        assert UsedProof.objects.get().expires_at == now
        assert not AuditRecord.objects.exists()

    def test_inserts_once(self, now: datetime) -> None:
        for expected in (1, 1):
            ONCE.make({"proof_hash": "a", "expires_at": now}, recorded(now, link=0))
            assert UsedProof.objects.count() == AuditRecord.objects.count() == expected
        assert AuditRecord.objects.get().details["of"] == "a"

    def test_is_written_for_the_columns_that_it_is_given(self, now: datetime) -> None:
        for name, details in (("a", {"x": 1}), ("b", Noting({"x": 1}, "of", Made(0)))):
            ONCE.make({"proof_hash": name, "expires_at": now}, recorded(now) | {"details": details})
        told = AuditRecord.objects.order_by("pk").values_list("details", flat=True)
        assert list(told) == [{"x": 1}, {"x": 1, "of": "b"}]

    def test_is_one_journey_to_postgresql(self, now: datetime) -> None:
        UsedProof.objects.create(proof_hash="a", expires_at=now)
        with CaptureQueriesContext(connection) as sent:
            put_off(now)
        journeys = {"postgresql": 1, "sqlite": 5}
        assert len(sent) == journeys[connection.vendor]

    def test_knows_no_other_columns(self, now: datetime) -> None:
        with pytest.raises(TypeError, match="colour"):
            ONCE.make({"proof_hash": "a", "colour": "red"}, recorded(now, link=0))
