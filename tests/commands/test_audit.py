"""`kapi audit` seals the trail and exits 1 when somebody touched it."""

import re

import pytest

from tests.installation import Installation

RECORD = """
from datetime import datetime, UTC
from kapi.foundation.audit import services
from kapi.kernel.actors import system
for number in range(3):
    services.record(action="test.done", subject_kind="test", subject_id=str(number), actor=system("test"),
                    now=datetime(2026, 11, 22, tzinfo=UTC))
"""
TAMPER = """
from django.db import connection
with connection.cursor() as cursor:
    if connection.vendor == "postgresql":
        cursor.execute("DROP FUNCTION audit_only_inserts() CASCADE")
    else:
        cursor.execute("DROP TRIGGER audit_auditrecord_no_update")
        cursor.execute("DROP TRIGGER audit_auditrecord_no_delete")
    cursor.execute({statement!r})
    cursor.execute("SELECT min(id) FROM audit_auditrecord")
    print("first", cursor.fetchone()[0])
"""
VERIFY_BY_JOB = """
from datetime import datetime, UTC
from kapi.jobs import verify_audit
verify_audit.run(now=datetime(2026, 11, 22, tzinfo=UTC))
"""


class TestVerify:
    def test_exits_0_for_a_whole_trail_and_tells_the_length_of_its_unsealed_tail(self, migrated: Installation) -> None:
        migrated.python(RECORD)
        assert "sealed=3" in migrated.kapi("audit", "seal")
        migrated.python(RECORD)
        assert migrated.kapi("audit", "verify").splitlines() == ["sealed=3", "unsealed_tail=3", "whole"]

    @pytest.mark.parametrize(
        ("statement", "reason"),
        [
            ("UPDATE audit_auditrecord SET actor_id = 'x' WHERE subject_id = '1'", "altered"),
            ("DELETE FROM audit_auditrecord WHERE subject_id = '1'", "removed"),
        ],
    )
    def test_exits_1_and_names_the_first_bad_row(self, migrated: Installation, statement: str, reason: str) -> None:
        migrated.python(RECORD)
        migrated.kapi("audit", "seal")
        first = int(migrated.python(TAMPER.format(statement=statement)).split()[1])
        found = migrated.kapi("audit", "verify", code=1)
        assert re.search(r"^row=(\d+)$", found, re.MULTILINE)[1] == str(first + 1)  # type: ignore[index]
        assert f"reason={reason}" in found

    def test_takes_a_part_and_what_is_new(self, migrated: Installation) -> None:
        migrated.python(RECORD)
        migrated.kapi("audit", "seal")
        assert migrated.kapi("audit", "verify", "--from", "2", "--to", "2").splitlines()[-1] == "whole from 2 to 2"
        migrated.python(VERIFY_BY_JOB)
        migrated.python(RECORD)
        migrated.kapi("audit", "seal")
        migrated.python(TAMPER.format(statement="UPDATE audit_auditrecord SET actor_id = 'x' WHERE id = 1"))
        assert migrated.kapi("audit", "verify", "--since-last").splitlines()[-1] == "whole from 4 to 6"
        assert "row=1" in migrated.kapi("audit", "verify", code=1)


class TestStatus:
    def test_exits_1_once_a_verification_found_a_bad_row(self, migrated: Installation) -> None:
        migrated.python(RECORD)
        migrated.kapi("audit", "seal")
        migrated.python(VERIFY_BY_JOB)
        seen = [line.split()[:3] for line in migrated.kapi("audit", "status").splitlines()]
        assert seen == [["latest", "whole", "to=3"], ["round", "whole", "to=3"]]
        migrated.python(TAMPER.format(statement="UPDATE audit_auditrecord SET actor_id = 'x' WHERE id = 2"))
        migrated.python(VERIFY_BY_JOB)
        assert "round row=2 to=1" in migrated.kapi("audit", "status", code=1)
