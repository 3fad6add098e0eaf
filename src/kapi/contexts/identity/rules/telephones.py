"""What a telephone shows before it asks for the PIN, and how long it is waited for."""

import hashlib
from datetime import timedelta
from typing import Final

# A little longer than suppliers wait themselves; shorter than a statement is good.
PATIENCE: Final = timedelta(minutes=3)
ASK_EVERY: Final = timedelta(seconds=2)
_CODES: Final = 10_000


def code_of(document: bytes) -> str:
    """Return the four digits by which the holder sees that page and telephone speak of the same statement.

    They come from the document itself: another document has, but for one case in 10,000, another code.
    """
    return f"{int.from_bytes(hashlib.sha256(document).digest()[:8]) % _CODES:04}"


def words_for(*, site: str, brand: str, going_to: str) -> str:
    """Return what the telephone shows: short, and with the place where it is good for."""
    return f"{brand}: {site} giriş / sign-in{': ' + going_to if going_to else ''}"[:160]
