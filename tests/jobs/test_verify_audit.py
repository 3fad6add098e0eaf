"""The trail is verified as it grows, and the outcome is written down."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from kapi.foundation.audit.verification import VerificationKind, verifications
from kapi.jobs import seal_audit, verify_audit
from tests.foundation.audit.trail import a_break_in, append, run_sql


@pytest.mark.django_db
class TestRun:
    def test_writes_down_what_it_found(self, now: datetime, settings: Settings, tmp_path: Path) -> None:
        settings.DATA_DIR = tmp_path
        rows = append(now, 3)
        seal_audit.run(now=now)
        assert verify_audit.run(now=now) == 0
        with a_break_in():
            run_sql("UPDATE audit_auditrecord SET actor_id = 'x' WHERE id = %s", rows[1].pk)
        assert verify_audit.run(now=now + timedelta(minutes=1)) == 1
        assert [(seen.kind, seen.verified_to, seen.first_bad_row) for seen in verifications()] == [
            (VerificationKind.LATEST, 3, None),
            (VerificationKind.ROUND, 1, rows[1].pk),
        ]
