"""Names, as they are written down."""

import unicodedata

from kapi.kernel.errors import InvalidValue

LONGEST = 120
LONGEST_LEGAL = 240
_SIGNS = frozenset(" '’.-·")


def clean_name(text: str, *, field: str) -> str:
    """Return the name in NFC with single blanks; one word is enough, and every script has letters.

    :raises InvalidValue: reason `missing`, `length` or `characters`.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not any(unicodedata.category(sign)[0] == "L" for sign in name):
        raise InvalidValue(field, "characters" if name else "missing")
    if len(name) > LONGEST:
        raise InvalidValue(field, "length")
    if not all(unicodedata.category(sign)[0] in "LM" or sign in _SIGNS for sign in name):
        raise InvalidValue(field, "characters")
    return name


def clean_legal_name(text: str) -> str:
    """Return the name of a legal person in NFC with single blanks; it may hold digits and signs, as registers write it.

    :raises InvalidValue: of `name`, reason `missing`, `length` or `characters`.
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not any(unicodedata.category(sign)[0] == "L" for sign in name):
        raise InvalidValue("name", "characters" if name else "missing")
    if len(name) > LONGEST_LEGAL:
        raise InvalidValue("name", "length")
    if any(unicodedata.category(sign)[0] == "C" for sign in name):
        raise InvalidValue("name", "characters")
    return name
