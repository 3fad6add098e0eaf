"""The accessibility statement says what the evidence says."""

import re
from collections import Counter
from pathlib import Path
from typing import Final

from kapi.sites.portal.conformance import CRITERIA, FAILING, Criterion, How, State, state

EVIDENCE: Final = Path(__file__).resolve().parents[3] / "docs/accessibility.md"
_ROW: Final = re.compile(r"\| (\d+\.\d+\.\d+) [^|]*\| (A{1,2}) \| (.*) \|")


def evidence() -> list[Criterion]:
    """Read the table of evidence."""
    rows = filter(None, map(_ROW.fullmatch, EVIDENCE.read_text(encoding="utf-8").splitlines()))
    return [
        Criterion(
            row[1],
            row[2],
            How.DESIGN if row[3].startswith("By design") else How.PROGRAM,
            needs_person="*Manual" in row[3],
        )
        for row in rows
    ]


class TestCriteria:
    def test_are_those_of_the_evidence_row_by_row(self) -> None:
        assert list(CRITERIA) == evidence()

    def test_are_all_of_wcag_2_2(self) -> None:
        assert Counter(criterion.level for criterion in CRITERIA) == {"A": 31, "AA": 24}

    def test_hold_every_one_that_is_said_to_fail(self) -> None:
        assert set(FAILING) <= {criterion.number for criterion in CRITERIA}


class TestState:
    def test_does_not_say_more_than_is_known(self) -> None:
        assert any(criterion.needs_person for criterion in CRITERIA)
        assert state() is State.NOT_JUDGED
