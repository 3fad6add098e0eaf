"""A row is inserted by one statement as Django would insert it."""

from datetime import datetime, timedelta, timezone

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.utils.translation import gettext_lazy

from kapi.contexts.openid.models import SigningKey, UsedProof
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.inserts import insert, insert_once
from kapi.foundation.limits.models import LimitCounter
from kapi.kernel.actors import ActorKind

pytestmark = pytest.mark.django_db


def create(model: type[Model], **columns: object) -> None:
    """Insert a row as Django does."""
    model._default_manager.create(**columns)


class TestInsert:
    def test_fills_in_defaults_and_reads_back_as_it_was_given(self, now: datetime) -> None:
        insert(
            AuditRecord,
            at=now,
            actor_kind="system",
            actor_id="test",
            institution_code="",
            action="test.done",
            subject_kind="test",
            subject_id="1",
            details={"ids": [1, 2], "word": "ş"},
        )
        row = AuditRecord.objects.get(action="test.done")
        assert (row.at, row.details, row.institution_code) == (now, {"ids": [1, 2], "word": "ş"}, "")
        assert insert(SigningKey, kid="a", public={}, private=b"\x00\x01", state="next", created_at=now) == "a"
        assert bytes(SigningKey.objects.get(kid="a").private) == b"\x00\x01"

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("actor_kind", ActorKind.SYSTEM),
            ("actor_kind", gettext_lazy("Sign in")),
            ("subject_id", 7),
            ("subject_id", True),
            ("details", {}),
            ("details", [{"a": None, "b": [1, 2.5, True]}, "ş\"'%s\\"]),
            ("details", "a word"),
            ("details", None),
            ("at", datetime(2026, 3, 29, 4, 0, tzinfo=timezone(timedelta(hours=3)))),
        ],
    )
    def test_adapts_values_as_django(self, column: str, value: object, now: datetime) -> None:
        columns: dict[str, object] = {
            "at": now,
            "actor_kind": "system",
            "actor_id": "test",
            "institution_code": "",
            "action": "test.done",
            "subject_kind": "test",
            "subject_id": "1",
            "details": {"a": 1},
        }
        columns[column] = value
        for _ in range(2):
            for write in (insert, create):
                if column == "details" and value is None:
                    with pytest.raises(IntegrityError), transaction.atomic():
                        write(AuditRecord, **columns)
                else:
                    write(AuditRecord, **columns)
        assert len(set(map(repr, AuditRecord.objects.values_list(column, flat=True)))) <= 1

    def test_takes_a_moment_without_a_zone_as_django(self) -> None:
        moment = datetime(2026, 3, 29, 4, 0)  # noqa: DTZ001 - that is what it is about
        for write in (insert, create):
            with pytest.warns(RuntimeWarning, match="naive"):
                write(UsedProof, proof_hash=write.__name__, expires_at=moment)
        assert UsedProof.objects.values("expires_at").distinct().count() == 1

    def test_refuses_what_a_constraint_forbids(self, now: datetime) -> None:
        insert(UsedProof, proof_hash="a", expires_at=now)
        with pytest.raises(IntegrityError), transaction.atomic():
            insert(UsedProof, proof_hash="a", expires_at=now)

    def test_knows_no_other_columns(self, now: datetime) -> None:
        with pytest.raises(TypeError, match="UsedProof has no column hash"):
            insert(UsedProof, hash="a", expires_at=now)


class TestInsertOnce:
    def test_inserts_one_of_two_by_one_statement_each(self, now: datetime) -> None:
        with CaptureQueriesContext(connection) as sent:
            assert insert_once(UsedProof, proof_hash="a", expires_at=now)
            assert not insert_once(UsedProof, proof_hash="a", expires_at=now + timedelta(hours=1))
        assert len(sent) == 2
        assert UsedProof.objects.get().expires_at == now

    def test_leaves_the_callers_transaction_as_it_is(self, now: datetime) -> None:
        with transaction.atomic():
            assert insert_once(UsedProof, proof_hash="a", expires_at=now)
            assert not insert_once(UsedProof, proof_hash="a", expires_at=now)
            assert insert_once(UsedProof, proof_hash="b", expires_at=now)
        assert UsedProof.objects.count() == 2

    def test_refuses_what_any_other_constraint_forbids(self, now: datetime) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            insert_once(LimitCounter, key="a", count=None, ends_at=now)
