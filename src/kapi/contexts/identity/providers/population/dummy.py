"""A population register in a file: `population_events.csv` of a folder, to which lines are added at the end.

For development, tests and the demo: add a line and the next answer holds it; take the file away and it is down. Its
marks are how many lines have been read. A line is there when it has its end.
"""

import csv
import io
from datetime import date, datetime
from pathlib import Path
from typing import Final

from django.conf import settings

from kapi.contexts.identity.errors import PopulationRegisterUnavailable
from kapi.contexts.identity.values import RegisterEvent, RegisterEventKind, RegisterPage
from kapi.kernel.errors import InvalidValue
from kapi.kernel.identifiers import IdentityNumber

AT_ONCE: Final = 100


class DummyPopulationRegister:
    """The register of the demo's people, in the folder `settings.DUMMY_POPULATION_REGISTER`."""

    name = "dummy"

    def events_after(self, *, mark: str) -> RegisterPage:
        """Return the lines of the file after so many."""
        read = int(mark or 0)
        try:
            with _path().open(encoding="utf-8", newline="") as lines:
                text = lines.read()
            whole = text[: text.rfind("\n") + 1]
            rows = list(csv.DictReader(io.StringIO(whole, newline="")))[read : read + AT_ONCE]
        except (OSError, ValueError, csv.Error):
            raise PopulationRegisterUnavailable from None
        events, unreadable = [], []
        for line, row in enumerate(rows, start=read + 1):
            try:
                events.append(_event(row))
            except (KeyError, TypeError, ValueError, InvalidValue):  # never the line itself: it names a person
                unreadable.append(row.get("number") or f"line {line}")
        return RegisterPage(events=tuple(events), unreadable=tuple(unreadable), mark=str(read + len(rows)))

    def check(self) -> None:
        """Look whether the file is there."""
        if not _path().is_file():
            raise PopulationRegisterUnavailable


def _event(row: dict[str, str]) -> RegisterEvent:
    stated_at = datetime.fromisoformat(row["stated_at"])
    if stated_at.tzinfo is None or not row["number"]:
        raise ValueError
    return RegisterEvent(
        number=row["number"],
        kind=RegisterEventKind(row["kind"]),
        identity_number=IdentityNumber.parse(row["identity_number"]),
        stated_at=stated_at,
        happened_on=date.fromisoformat(row["happened_on"]) if row["happened_on"] else None,
        given_names=row["given_names"],
        family_name=row["family_name"] or None,
    )


def _path() -> Path:
    folder: Path = settings.DUMMY_POPULATION_REGISTER
    return folder / "population_events.csv"
