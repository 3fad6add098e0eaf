"""Who looks at a page."""

from enum import StrEnum
from typing import Final


class Visitor(StrEnum):
    """The kinds of visitors that pages are made for."""

    NOBODY = "signed-out"
    CITIZEN = "citizen"
    NEWCOMER = "newcomer"  # signed in with the sealed code of a desk, and has to choose a password
    KEYHOLDER = "keyholder"  # has a passkey
    REPRESENTATIVE = "representative"  # may act for two companies
    CAREFUL = "careful"  # has an app with one-time codes, of which this browser's session was proved
    RECOVERED = "recovered"  # is asked for codes by telephone and e-mail, and has used a recovery a moment ago
    HELD_OFF = "held-off"  # has tried a password while lists are tried, and asked for a code
    AUTHOR = "author"
    APPROVER = "approver"
    MANAGER = "manager"
    DESK = "desk"
    OPERATOR = "operator"
    WATCHFUL = "watchful"  # an operator, while the population register's entries cannot be used

    @property
    def identity_number(self) -> str:
        """The number that a visitor of this kind signs in with (kapi.commands.demo_people)."""
        return _NUMBERS[self]


_NUMBERS: Final = {
    Visitor.CITIZEN: "10000000146",
    Visitor.NEWCOMER: "10000009910",
    Visitor.KEYHOLDER: "10000000214",
    Visitor.REPRESENTATIVE: "99000000110",
    Visitor.CAREFUL: "10000009842",
    Visitor.RECOVERED: "10000009774",
    Visitor.AUTHOR: "10000000900",
    Visitor.APPROVER: "10000001068",
    Visitor.MANAGER: "10000001136",
    Visitor.DESK: "10000000832",
    Visitor.OPERATOR: "10000000696",
    Visitor.WATCHFUL: "10000000696",
}
