"""Where people can be reached: telephone numbers and e-mail addresses, as frozen types parsed at the door."""

import re
from dataclasses import dataclass
from typing import Self

from kapi.kernel.errors import InvalidValue

# What people put between digits; a sign that shows nowhere slips in when a number is pasted.
_BETWEEN = re.compile(r"[\s().\-/\u200b\u200e\u200f\u202a\u202c\u2011\u2013]+")
_BEGINNINGS = ("0090", "90", "0", "")
_NATIONAL_DIGITS = 10
_MOST_TYPED = 320
# RFC 5321, 4.5.3.1: octets of what stands before the sign, and of the whole address.
_LONGEST_LOCAL_PART = 64
_LONGEST_ADDRESS = 254
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True)
class MobileNumber:
    """A mobile number of Türkiye: 90, then ten digits of which the first is 5. Text messages reach nothing else.

    Personal data: `repr` and `str` are masked, so that it cannot slip into a log; `digits` holds the number (12).
    """

    digits: str

    @classmethod
    def parse(cls, text: str, field: str = "phone") -> Self:
        """Read a number as people type it: 5.., 05.., 905.., +905.. or 00905.., with whatever between the digits.

        :raises InvalidValue: reason `length`, `digits`, or `mobile` if it is no mobile number of Türkiye.
        """
        bare = _BETWEEN.sub("", text[:_MOST_TYPED]).removeprefix("+")
        if not bare:
            raise InvalidValue(field, "length")
        if not (bare.isascii() and bare.isdigit()):
            raise InvalidValue(field, "digits")
        national = next((bare[len(start) :] for start in _BEGINNINGS if bare.startswith(f"{start}5")), "")
        if not national:
            raise InvalidValue(field, "mobile")
        if len(national) != _NATIONAL_DIGITS:
            raise InvalidValue(field, "length")
        return cls(f"90{national}")

    @property
    def text(self) -> str:
        """The number as it is kept and dialled: 905311234567."""
        return self.digits

    @property
    def international(self) -> str:
        """The number as E.164 has it: +905311234567."""
        return f"+{self.digits}"

    @property
    def shown(self) -> str:
        """The number as people here write it: 0531 123 45 67."""
        rest = self.digits[2:]
        return f"0{rest[:3]} {rest[3:6]} {rest[6:8]} {rest[8:]}"

    @property
    def masked(self) -> str:
        """The form that may be shown to its owner: the last two digits."""
        return f"05** *** ** {self.digits[-2:]}"

    @property
    def block(self) -> str:
        """The block of 100,000 numbers that it is one of, in which operators hand numbers out."""
        return self.digits[:7]

    def __repr__(self) -> str:
        return f"MobileNumber({self.masked})"

    __str__ = __repr__


@dataclass(frozen=True)
class EmailAddress:
    """An e-mail address (RFC 5321, without quoted local parts and literal addresses).

    The domain is in lower case and ASCII (IDNA). Kept like a mobile number: `repr` and `str` are masked.
    """

    text: str

    @classmethod
    def parse(cls, text: str, field: str = "email") -> Self:
        """Read an address as people type it; blanks around it are left out.

        :raises InvalidValue: reason `length` or `form`.
        """
        typed = text.strip()
        if not typed or len(typed) > _MOST_TYPED:
            raise InvalidValue(field, "length")
        local, _at, domain = typed.rpartition("@")
        if not _LOCAL_PART.fullmatch(local):
            raise InvalidValue(field, "form")
        address = f"{local}@{_ascii_domain(domain, field)}"
        if len(local) > _LONGEST_LOCAL_PART or len(address) > _LONGEST_ADDRESS:
            raise InvalidValue(field, "length")
        return cls(address)

    @property
    def shown(self) -> str:
        """The address as people write it."""
        return self.text

    @property
    def masked(self) -> str:
        """The form that may be shown to its owner: the first sign, and the domain."""
        local, _at, domain = self.text.rpartition("@")
        return f"{local[0]}***@{domain}"

    def __repr__(self) -> str:
        return f"EmailAddress({self.text[0]}***)"

    __str__ = __repr__


def _ascii_domain(domain: str, field: str) -> str:
    try:
        found = domain.encode("idna").decode("ascii").lower()  # protocol
    except UnicodeError:
        raise InvalidValue(field, "form") from None
    labels = found.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise InvalidValue(field, "form")
    return found


ContactAddress = MobileNumber | EmailAddress
