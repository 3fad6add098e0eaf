"""Codes that are sent: six digits, good for three minutes, for few tries, and once."""

import hmac
import secrets
from datetime import timedelta
from typing import Final

DIGITS: Final = 6
VALID_FOR: Final = timedelta(minutes=3)
# Of one code. Guessing one is right in one of 200,000; asking for others is limited besides (`budgets`).
MOST_TRIES: Final = 5
_MOST_TYPED: Final = 100
_BETWEEN: Final = "-.\u200b\u200e\u200f\u202a\u202c"


def lane_of(person_id: int) -> str:
    """Return whose share of codes it is that a signed-in person asks for."""
    return f"codes:person:{person_id}"


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
