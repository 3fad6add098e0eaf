"""A dummy population register whose lines a test writes."""

import csv
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kapi.contexts.identity.values import RegisterEvent, RegisterEventKind
from kapi.kernel.identifiers import IdentityNumber
from tests import people

HEADER = ("number", "kind", "identity_number", "stated_at", "happened_on", "given_names", "family_name")


@dataclass
class WrittenPopulationRegister:
    """The file of the dummy register, to which a test adds lines."""

    folder: Path

    def begins(self) -> None:
        """Write the header alone."""
        self._add(HEADER, mode="w")

    def says(
        self,
        number: str,
        kind: str,
        stated_at: datetime | str,
        *,
        of: IdentityNumber | str = people.NUMBER,
        name: tuple[str, str] = ("", ""),
        happened_on: str = "",
    ) -> None:
        """Add a line."""
        moment = stated_at.isoformat() if isinstance(stated_at, datetime) else stated_at
        digits = of.digits if isinstance(of, IdentityNumber) else of
        self._add((number, kind, digits, moment, happened_on, *name))

    def is_down(self) -> None:
        """Take the file away."""
        (self.folder / "population_events.csv").unlink()

    def _add(self, line: tuple[str, ...], mode: str = "a") -> None:
        with (self.folder / "population_events.csv").open(mode, encoding="utf-8", newline="") as file:
            csv.writer(file).writerow(line)


def event(
    kind: RegisterEventKind, stated_at: datetime, *, number: str = "", name: tuple[str, str | None] = ("", None)
) -> RegisterEvent:
    """Make an entry about the citizen."""
    return RegisterEvent(
        number=number or f"{kind}-{stated_at.isoformat()}",
        kind=kind,
        identity_number=people.NUMBER,
        stated_at=stated_at,
        given_names=name[0],
        family_name=name[1],
    )
