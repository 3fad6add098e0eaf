"""What is wrong in a form, in words; refusals of identity and what they are called here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from kapi.contexts.identity.values import PasswordFault
from kapi.kernel.errors import InvalidValue

LEAST_SIGNS = 15
MOST_SIGNS = 128


@dataclass(frozen=True)
class Mistake:
    """One mistake, at the field where it can be mended."""

    field: str
    text: str


class Mistakes(tuple[Mistake, ...]):
    """All mistakes of a form, in the order of its fields; false when there are none."""

    __slots__ = ()

    @property
    def summary(self) -> list[dict[str, str]]:
        """The list for the error summary: each leads to its field."""
        return [{"text": mistake.text, "href": f"#{mistake.field}"} for mistake in self]

    def at(self, field: str) -> dict[str, str] | None:
        """Return the message for a field, if there is one."""
        return next(({"text": mistake.text} for mistake in self if mistake.field == field), None)


NONE_MADE: Final = Mistakes()


def of_identity_number(refusal: InvalidValue, typed: str) -> Mistake:
    """Say what is wrong with the form of a number. It says nothing about whether the number is anybody's."""
    if not typed.strip():
        return Mistake("identity_number", _("Enter your identity number."))
    words: Mapping[str, str] = {
        "length": _("An identity number has 11 digits. Count them and try again."),
        "digits": _("An identity number has digits only."),
        "checksum": _("One of the digits is not right. Compare the number with your identity card."),
    }
    return Mistake("identity_number", words[refusal.reason])


def of_phone(refusal: InvalidValue, typed: str) -> Mistake:
    """Say what is wrong with the form of a mobile number."""
    if not typed.strip():
        return Mistake("phone", _("Enter your mobile number."))
    words: Mapping[str, str] = {
        "length": _("A mobile number has 10 digits after the 0, such as 0531 123 45 67."),
        "digits": _("A mobile number has digits only."),
        "mobile": _("Text messages go to mobile numbers of Türkiye, which begin with 05. Use an e-mail address else."),
    }
    return Mistake("phone", words[refusal.reason])


def of_email(refusal: InvalidValue, typed: str) -> Mistake:
    """Say what is wrong with the form of an e-mail address."""
    if not typed.strip():
        return Mistake("email", _("Enter your e-mail address."))
    words: Mapping[str, str] = {
        "length": _("This e-mail address is too long."),
        "form": _("This is not an e-mail address. One looks like name@example.com."),
    }
    return Mistake("email", words[refusal.reason])


def of_new_password(fault: PasswordFault) -> Mistake:
    """Say why a new password is not accepted and what would do."""
    words: Mapping[PasswordFault, str] = {
        PasswordFault.TOO_SHORT: _("Your new password must have at least %(n)s characters.") % {"n": LEAST_SIGNS},
        PasswordFault.TOO_LONG: _("Your new password can have at most %(n)s characters.") % {"n": MOST_SIGNS},
        PasswordFault.COMMON: _(
            "This password is on lists of leaked passwords that attackers try first. Choose another."
        ),
        PasswordFault.OBVIOUS: _(
            "This password is made of words, dates or keys in a row that attackers try first. "
            "Add words that only you would put together."
        ),
        PasswordFault.PERSONAL: _(
            "This password is made of your name, number or birth date, which others know. "
            "Add words that have nothing to do with you."
        ),
        PasswordFault.SAME: _("This is the password or code you have now. Choose another."),
    }
    return Mistake("new_password", words[fault])
