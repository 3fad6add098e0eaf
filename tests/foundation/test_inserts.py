"""A row is inserted by one statement as Django would insert it."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kapi.contexts.openid.models import SigningKey, UsedProof
from kapi.foundation.audit.models import AuditRecord
from kapi.foundation.inserts import insert, insert_once
from kapi.foundation.limits.models import LimitCounter

pytestmark = pytest.mark.django_db


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
