"""What is wrong with an identity number that a member of staff typed, in words."""

from django.utils.translation import gettext as _

from kapi.kernel.errors import InvalidValue


def mistake_of_number(refusal: InvalidValue, typed: str) -> str:
    """Say what is wrong with the form of a number."""
    if not typed.strip():
        return _("Enter the identity number.")
    words = {
        "length": _("An identity number has 11 digits. Count them and try again."),
        "digits": _("An identity number has digits only."),
        "checksum": _("One of the digits is not right. Compare the number with the identity card."),
    }
    return words[refusal.reason]
