"""A dummy register whose lines a test writes."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kapi.contexts.identity.selectors import find_legal_person
from kapi.contexts.identity.values import LegalPersonId
from kapi.kernel.identifiers import IdentityNumber, TaxNumber

BAKERY, MILL, GARAGE = "1000000018", "1000000026", "1000000034"
NAMES = {BAKERY: "Örnek Fırın Limited Şirketi", MILL: "Numune Değirmen A.Ş.", GARAGE: "Örnek Garaj & Oto 2000"}


def company(tax_number: str) -> LegalPersonId:
    """Return the id of a company that the register has told of."""
    found = find_legal_person(tax_number=TaxNumber.parse(tax_number))
    assert found is not None
    return found


@dataclass
class WrittenRegister:
    """The files of the dummy register, as a test wants them."""

    folder: Path

    def says(self, *lines: tuple[IdentityNumber, str, str, str, str]) -> None:
        """Write who represents whom: number, company's tax number, first day, last day, services."""
        companies = [(tax_number, "", name) for tax_number, name in NAMES.items()]
        self._write("companies", ("tax_number", "mersis_number", "name"), companies)
        header = ("identity_number", "tax_number", "from", "until", "services")
        self._write("representatives", header, [(line[0].digits, *line[1:]) for line in lines])

    def names(self, tax_number: str, name: str, mersis_number: str = "") -> None:
        """Write one company only, under another name."""
        self._write("companies", ("tax_number", "mersis_number", "name"), [(tax_number, mersis_number, name)])

    def is_down(self) -> None:
        """Take the files away."""
        for file in self.folder.glob("*.csv"):
            file.unlink()

    def _write(self, name: str, header: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> None:
        with (self.folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *lines])
