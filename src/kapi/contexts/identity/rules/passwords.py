"""Which passwords are accepted, after NIST SP 800-63B-4, 3.1.1: length, and not an obvious one; nothing else.

No composition is asked for and every sign is allowed. Refused are passwords on the list of leaked ones, also with
digits around them or repeated, and those in which nothing of one's own is left once the obvious is taken away: words of
`obvious_words.txt`, the person's own name, number and birth date, years and dates, rows of the keyboard, sequences,
repetitions.
"""

import re
import string
import unicodedata
from functools import cache
from pathlib import Path

from django.contrib.auth.password_validation import CommonPasswordValidator

from kapi.contexts.identity.values import PasswordFault, PersonRecord
from kapi.kernel import turkish

LEAST = 15  # what the standard asks where a password stands alone
MOST = 128
# So many different signs must remain beside the obvious; less is what a guesser appends anyway.
_LEAST_OWN = 4
# Signs that people put between words and behind them; the first few of them count for nothing.
_DECORATION = frozenset(string.punctuation + " ")
_MOST_DECORATION = 3
_GAP = "\0"

_LEET = str.maketrans("@4310$57!+", "aaeiosstit")
_DATES = re.compile(
    r"(?:0?[1-9]|[12]\d|3[01])[./\- ]?(?:0[1-9]|1[0-2])[./\- ]?(?:(?:18|19|20)\d\d|\d\d)(?!\d)"
    r"|(?:18|19|20)\d\d(?:[./\- ]?(?:0[1-9]|1[0-2])[./\- ]?(?:0[1-9]|[12]\d|3[01]))?"
)
_REPEATS = re.compile(r"(.)\1{2,}")
_WALKS = tuple(
    row[::step]
    for row in (
        "1234567890", "!@#$%^&*()_+", "!'^+%&/()=?_", "qwertyuiopgu", "qwertyuiop[]", "asdfghjklsi", "asdfghjkl;'",
        "zxcvbnmoc.", "zxcvbnm,./", "fgiodrnhpqw", "uieaütkmlysx", "jovcgzsb", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik",
        "1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "qazwsxedcrfvtgbyhnujm", "qweasdzxc", "147258369", "741852963",
        "159753", "abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnoprstuvyz",
    )
    for step in (1, -1)
)  # fmt: skip
_LEAST_WALK = 3


def find_fault(password: str, *, person: PersonRecord, brand: str) -> PasswordFault | None:
    """Say why the (prepared) password is refused, or `None`. `brand` is what the gateway calls itself."""
    if len(password) < LEAST:
        return PasswordFault.TOO_SHORT
    if len(password) > MOST:
        return PasswordFault.TOO_LONG
    forms = [_plain(password), _plain(_plain(password).translate(_LEET))]
    if any(_is_common(form) for form in forms):
        return PasswordFault.COMMON
    personal = _words_of(person)
    obvious = _obvious_words() | _parts(brand) | personal
    if all(_signs_left(form, obvious) >= _LEAST_OWN for form in forms):
        return None
    return PasswordFault.PERSONAL if any(word in form for form in forms for word in personal) else PasswordFault.OBVIOUS


def _plain(text: str) -> str:
    """Return `text` in lower case without marks; unlike folding for search it keeps every script and sign."""
    return "".join(turkish.fold(sign) or sign for sign in unicodedata.normalize("NFC", turkish.lower(text)))


def _is_common(form: str) -> bool:
    word = "".join(sign for sign in form if sign.isalnum())
    bare = word.strip("0123456789")
    return bool({word, bare, _unit_of(word), _unit_of(bare)} & _leaked())


def _unit_of(word: str) -> str:
    """Return what `word` repeats: `abab` is `ab` twice."""
    period = (word + word).find(word, 1)
    return word[:period] if word else word


def _signs_left(form: str, obvious: frozenset[str]) -> int:
    """Count the different signs that remain once everything obvious is taken away."""
    for word in sorted((word for word in obvious if word in form), key=len, reverse=True):
        form = form.replace(word, _GAP)
    form = _without_walks(_DATES.sub(_GAP, form))
    left = set(_REPEATS.sub(_GAP, form)) - {_GAP}
    decoration = left & _DECORATION
    return len(left - decoration) + max(0, len(decoration) - _MOST_DECORATION)


def _without_walks(form: str) -> str:
    """Take away rows of the keyboard and of the alphabet, forwards and backwards."""
    kept, start = [], 0
    while start < len(form):
        end = start + _LEAST_WALK
        while end <= len(form) and any(form[start:end] in row for row in _WALKS):
            end += 1
        length = end - 1 - start
        if length >= _LEAST_WALK:
            kept.append(_GAP)
            start += length
        else:
            kept.append(form[start])
            start += 1
    return "".join(kept)


def _words_of(person: PersonRecord) -> frozenset[str]:
    words = set(_parts(f"{person.given_names} {person.family_name or ''}"))
    words.add(person.identity_number.digits)
    if person.birth_year:
        year, month, day = (f"{part or 0:02d}" for part in (person.birth_year, person.birth_month, person.birth_day))
        words |= {year, day + month + year, day + month + year[2:], year + month + day, day + month}
    return frozenset(words)


def _parts(text: str) -> frozenset[str]:
    """Return the words of a name, and the name written as one."""
    parts = turkish.fold(text).split()
    return frozenset(part for part in (*parts, "".join(parts)) if len(part) >= 2)


@cache
def _obvious_words() -> frozenset[str]:
    lines = (Path(__file__).parent / "obvious_words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(turkish.fold(word) for line in lines if not line.startswith("#") for word in line.split())


@cache
def _leaked() -> frozenset[str]:
    """Return Django's list of 20,000 leaked passwords, without the shortest, which are parts of many words."""
    return frozenset(_plain(word) for word in CommonPasswordValidator().passwords if len(word) >= 4)
