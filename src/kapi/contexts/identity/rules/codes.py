"""Sealed codes: what they look like, how long they last."""

import secrets
from datetime import timedelta

# No two of these can be taken for one another, in print or by ear: 0 O Q D, 1 I L, 2 Z, 5 S, 8 B, U V W leave one each
# at most. The Turkish dotted and dotless i are not among them.
ALPHABET = "23456789ACEFGHJKMNPRTUXY"
LENGTH = 12
GROUP = 4
VALID_FOR = timedelta(days=30)
# So long may the device on which a code was first used come back with it, until a password was chosen: a browser that
# crashed must not cost its owner a second way to the desk.
MAY_RETURN_FOR = timedelta(minutes=30)

_MEANT = str.maketrans({"Z": "2", "S": "5", "B": "8", "V": "U", "W": "U"})


def make_code() -> str:
    """Make a code of 55 random bits, as it is printed: `XXXX-XXXX-XXXX`."""
    signs = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(signs[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def read_code(typed: str) -> str:
    """Return the form in which a code is hashed, from whatever people make of it: case, hyphens and blanks go."""
    bare = "".join(sign for sign in typed.upper() if sign.isalnum())  # protocol: the alphabet is ASCII
    return bare.translate(_MEANT)
