"""Codes that are sent: six digits, good for three minutes, for few tries, and once."""

import hmac
import secrets
from datetime import timedelta
from typing import Final

from kapi.contexts.identity.rules import budgets
from kapi.foundation.limits.values import Budget
from kapi.kernel.contacts import ContactAddress, MobileNumber

Share = tuple[str, tuple[Budget, ...]]  # a counter's key, and what may be spent of it

DIGITS: Final = 6
VALID_FOR: Final = timedelta(minutes=3)
# Of one code. Guessing one is right in one of 200,000; asking for others is limited besides (`budgets`).
MOST_TRIES: Final = 5
_MOST_TYPED: Final = 100
_BETWEEN: Final = "-.\u200b\u200e\u200f\u202a\u202c"


def lane_of(person_id: int) -> str:
    """Return whose share of codes it is that a signed-in person asks for."""
    return f"codes:person:{person_id}"


def lane_of_device(device_id: int) -> str:
    """Return whose share it is at the second step on a device that its owner has signed in on: nobody else fills it."""
    return f"codes:device:{device_id}"


def lane_of_origin(origin: str, person_id: int) -> str:
    """Return whose share it is at the second step of somebody who comes from elsewhere."""
    return f"codes:origin:{origin}:{person_id}"


def shares(lane: str, contact: ContactAddress, network: str) -> tuple[Share, ...]:
    """Return what a code is counted to, the narrowest first."""
    to, whole = f"codes:to:{contact.text}", f"codes:from:{network}"
    common = (to, budgets.CODES_TO_ADDRESS), (whole, budgets.at(network, budgets.CODES_FROM_NETWORK))
    return (*_own(lane), *common, *_of_block(contact))


def shares_of_known_device(lane: str, contact: ContactAddress) -> tuple[Share, ...]:
    """Return the same for a known device of the owner's, whom no stranger keeps from their codes."""
    return (*_own(lane), *_of_block(contact))


def shares_of_held_off(person_id: int, contact: ContactAddress) -> tuple[Share, ...]:
    """Return the same where a sign-in is held off: what may go to one person, who may be known to a thief."""
    to = f"codes:to:{contact.text}"
    return ((lane_of_held_off(person_id), budgets.HELD_OFF_CODES), (to, budgets.CODES_TO_ADDRESS), *_of_block(contact))


def lane_of_held_off(person_id: int) -> str:
    """Return whose share of messages it is where somebody's sign-in is held off."""
    return f"codes:held-off:{person_id}"


def tries_at_held_off(person_id: int) -> str:
    """Return whose share of codes that are tried it is where somebody's sign-in is held off."""
    return f"held-off:tries:account:{person_id}"


def _own(lane: str) -> tuple[Share, ...]:
    return ((lane, budgets.CODES),)


def _of_block(contact: ContactAddress) -> tuple[Share, ...]:
    if isinstance(contact, MobileNumber):
        return ((f"codes:block:{contact.block}", budgets.CODES_TO_BLOCK),)
    return ()


def make_code() -> str:
    """Make a code of six digits."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def read_code(typed: str) -> str:
    """Return the code from whatever was typed or pasted, without blanks and hyphens; empty if it cannot be one."""
    bare = "".join(sign for sign in typed[:_MOST_TYPED] if not sign.isspace() and sign not in _BETWEEN)
    return bare if len(bare) == DIGITS and bare.isascii() and bare.isdigit() else ""


def is_right(code: str, shown: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(code.encode(), shown.encode())
