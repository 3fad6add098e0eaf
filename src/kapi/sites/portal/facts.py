"""What pages show as a list of names and values."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Fact:
    """A name and its value. `link` is where the value leads, `language` its language where it is content; or empty.

    `is_sample` where the link leads nowhere on purpose.
    """

    name: str
    value: str
    link: str = ""
    language: str = ""
    is_sample: bool = False

    @classmethod
    def phone(cls, name: str, number: str) -> Self:
        """Make a telephone number that can be dialled."""
        return cls(name, number, dialled(number))


def dialled(number: str) -> str:
    """Return the address that dials a number as people write it."""
    return "tel:" + "".join(character for character in number if character.isdigit() or character == "+")
