"""Records are sealed and the head of the chain leaves the database."""

import json
from datetime import datetime
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from kapi.foundation.audit import services as audit
from kapi.jobs import seal_audit
from kapi.kernel.actors import system


@pytest.mark.django_db
class TestRun:
    def test_seals_everything_and_exports_the_head(self, now: datetime, settings: Settings, tmp_path: Path) -> None:
        settings.DATA_DIR = tmp_path
        for number in range(2):
            audit.record(action="a.b", subject_kind="t", subject_id=str(number), actor=system("test"), now=now)
        assert seal_audit.run(now=now) == 2
        assert seal_audit.run(now=now) == 0
        heads = [json.loads(line) for line in (tmp_path / "audit-heads.jsonl").read_text().splitlines()]
        assert [head["position"] for head in heads] == [2]
