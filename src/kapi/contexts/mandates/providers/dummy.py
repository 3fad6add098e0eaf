"""A register in two files: `companies.csv` and `representatives.csv` of a folder, read anew at each question.

For development, tests and the demo: change a line and the next answer is another; take a file away and it is down.
"""

import csv
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from kapi.contexts.mandates.errors import RegisterUnavailable
from kapi.contexts.mandates.values import MandateScope, Representation, Terms
from kapi.kernel.errors import InvalidValue
from kapi.kernel.identifiers import IdentityNumber, MersisNumber, TaxNumber


class DummyRegister:
    """The register of the demo's companies, in the folder `settings.DUMMY_REGISTER`."""

    name = "dummy"

    def representations_of(self, *, identity_number: IdentityNumber) -> tuple[Representation, ...]:
        """Return for whom the lines of the file let the person act."""
        try:
            companies = {row["tax_number"]: row for row in _rows("companies")}
            return tuple(
                _representation(companies[row["tax_number"]], row)
                for row in _rows("representatives")
                if row["identity_number"] == identity_number.digits
            )
        except (OSError, KeyError, ValueError, InvalidValue):  # never the line itself: it names a person
            raise RegisterUnavailable from None

    def check(self) -> None:
        """Look whether both files are there."""
        if not all(_path(name).is_file() for name in ("companies", "representatives")):
            raise RegisterUnavailable


def _representation(company: dict[str, str], line: dict[str, str]) -> Representation:
    services = frozenset(line["services"].split("|")) if line["services"] else frozenset()
    until = line["until"]
    return Representation(
        tax_number=TaxNumber.parse(company["tax_number"]),
        mersis_number=MersisNumber.parse(company["mersis_number"]) if company["mersis_number"] else None,
        name=company["name"],
        terms=Terms(
            scope=MandateScope.LISTED if services else MandateScope.ALL,
            services=services,
            starts_at=_midnight(date.fromisoformat(line["from"])),
            ends_at=_midnight(date.fromisoformat(until) + timedelta(days=1)) if until else None,
        ),
    )


def _midnight(day: date) -> datetime:
    """Return when a day begins here."""
    return datetime.combine(day, time(), tzinfo=timezone.get_default_timezone())


def _rows(name: str) -> Iterator[dict[str, str]]:
    with _path(name).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _path(name: str) -> Path:
    folder: Path = settings.DUMMY_REGISTER
    return folder / f"{name}.csv"
