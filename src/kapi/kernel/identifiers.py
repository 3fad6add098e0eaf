"""Numbers that name people and institutions, as frozen types parsed at the door."""

import re
from dataclasses import dataclass
from typing import Self

from kapi.kernel.errors import InvalidValue

IDENTITY_NUMBER_DIGITS = 11
INSTITUTION_CODE_DIGITS = 8
TAX_NUMBER_DIGITS = 10
MERSIS_NUMBER_DIGITS = 16
# Nine digits or more, in any script, with at most two signs or blanks between two of them.
_LONG_NUMBER = re.compile(r"\d(?:[\W_]{0,2}\d){8,}")
_ELEVEN_DIGITS = re.compile(r"(?<!\d)\d{11}(?!\d)")


@dataclass(frozen=True)
class IdentityNumber:
    """T.C. Kimlik No, or Yabancı Kimlik No (the same form, beginning with 99): 11 digits.

    The first is not 0; d10 = (7(d1+d3+d5+d7+d9) - (d2+d4+d6+d8)) mod 10; d11 = (d1+...+d10) mod 10.
    Personal data: `repr` and `str` are masked, so that it cannot slip into a log; `digits` holds the number.
    """

    digits: str

    @classmethod
    def parse(cls, text: str, field: str = "identity_number") -> Self:
        """Read a number as people type it: blanks are left out.

        :raises InvalidValue: reason `length`, `digits` or `checksum`.
        """
        digits = _digits(text, IDENTITY_NUMBER_DIGITS, field)
        if digits[0] == "0" or not _checks(digits):
            raise InvalidValue(field, "checksum")
        return cls(digits)

    @property
    def is_foreigners(self) -> bool:
        """Whether this is a Yabancı Kimlik No."""
        return self.digits.startswith("99")

    @property
    def masked(self) -> str:
        """The form that may be shown: the last two digits."""
        return "*" * 9 + self.digits[-2:]

    def __repr__(self) -> str:
        return f"IdentityNumber({self.masked})"

    __str__ = __repr__


def _checks(digits: str) -> bool:
    d = [int(digit) for digit in digits]
    tenth = (7 * sum(d[0:9:2]) - sum(d[1:8:2])) % 10
    return d[9] == tenth and d[10] == sum(d[:10]) % 10


@dataclass(frozen=True)
class TaxNumber:
    """Vergi Kimlik Numarası (VKN) of a legal person: 10 digits, the last of them a check digit.

    Kept like an identity number: `repr` and `str` are masked; `digits` holds the number.
    """

    digits: str

    @classmethod
    def parse(cls, text: str, field: str = "tax_number") -> Self:
        """Read a number as people type it: blanks are left out.

        :raises InvalidValue: reason `length`, `digits` or `checksum`.
        """
        digits = _digits(text, TAX_NUMBER_DIGITS, field)
        if int(digits[9]) != _tax_check_digit(digits):
            raise InvalidValue(field, "checksum")
        return cls(digits)

    @property
    def masked(self) -> str:
        """The form that may be shown: the last four digits."""
        return "*" * 6 + self.digits[-4:]

    def __repr__(self) -> str:
        return f"TaxNumber({self.masked})"

    __str__ = __repr__


@dataclass(frozen=True)
class MersisNumber:
    """MERSİS number of a trader in the central register: 16 digits. How they are made up is not stated.

    Kept like an identity number: `repr` and `str` are masked; `digits` holds the number.
    """

    digits: str

    @classmethod
    def parse(cls, text: str, field: str = "mersis_number") -> Self:
        """Read a number as people type it: blanks are left out.

        :raises InvalidValue: reason `length` or `digits`.
        """
        return cls(_digits(text, MERSIS_NUMBER_DIGITS, field))

    @property
    def masked(self) -> str:
        """The form that may be shown: the last four digits."""
        return "*" * 12 + self.digits[-4:]

    def __repr__(self) -> str:
        return f"MersisNumber({self.masked})"

    __str__ = __repr__


def _digits(text: str, count: int, field: str) -> str:
    digits = "".join(text.split())
    if len(digits) != count:
        raise InvalidValue(field, "length")
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidValue(field, "digits")
    return digits


def _tax_check_digit(digits: str) -> int:
    """Return the tenth digit that belongs to the first nine."""
    total = 0
    for place, digit in enumerate(reversed(digits[:9]), start=1):
        moved = (int(digit) + place) % 10
        total += (moved * 2**place % 9 or 9) if moved else 0
    return -total % 10


@dataclass(frozen=True, order=True)
class InstitutionCode:
    """Kurum kimlik kodu (DETSİS no): 8 digits, one for every unit of every institution, never changing."""

    digits: str

    @classmethod
    def parse(cls, text: str, field: str = "institution_code") -> Self:
        """Read a code; blanks around it are left out.

        :raises InvalidValue: reason `length` or `digits`.
        """
        digits = text.strip()
        if len(digits) != INSTITUTION_CODE_DIGITS:
            raise InvalidValue(field, "length")
        if not (digits.isascii() and digits.isdigit()):
            raise InvalidValue(field, "digits")
        return cls(digits)

    def __str__(self) -> str:
        return self.digits


def hide_long_numbers(text: str) -> str:
    """Replace what may name a person or an account (nine digits or more, also written in groups) by `[...]`.

    For free text that people type, before it is stored: identity, tax, passport, phone and card numbers, IBANs.
    """
    return _LONG_NUMBER.sub("[...]", text)


def hide_identity_numbers(text: str) -> str:
    """Replace what has the form of an identity number by `[...]`; for logs, where times and other numbers must stay."""
    return _ELEVEN_DIGITS.sub("[...]", text)
