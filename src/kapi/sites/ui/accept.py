"""Which of two media types a program would rather have (RFC 9110, 12.5.1)."""

import re
from typing import Final

_QUALITY: Final = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?")


def asks_for(accept: str, media_type: str, *, rather_than: str) -> bool:
    """Tell whether the header `Accept` names `media_type`, and prefers nothing else to it that we have.

    Both types are given in lower case. A range with an asterisk names nothing, and what is malformed or says more of a
    type than its quality counts for nothing.
    """
    if media_type not in accept.lower():  # protocol
        return False
    qualities = dict(_qualities(accept))
    wanted = qualities.get(media_type, 0.0)
    ranges = (rather_than, f"{rather_than.partition('/')[0]}/*", "*/*")
    other = next((qualities[name] for name in ranges if name in qualities), 0.0)
    return wanted > 0 and wanted >= other


def _qualities(accept: str) -> list[tuple[str, float]]:
    """Read the ranges with their qualities: 1 where none is said."""
    found = []
    for part in accept.split(","):
        media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))  # protocol
        if not parameters:
            found.append((media_range, 1.0))
        elif len(parameters) == 1:
            name, _, value = parameters[0].partition("=")
            if name == "q" and _QUALITY.fullmatch(value):
                found.append((media_range, float(value)))
    return found
