"""What the entries of the population register mean for an account."""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from kapi.contexts.identity.values import Hindrance, RegisterEvent, RegisterEventKind, SetAsideReason

LONGEST_NUMBER: Final = 64
LONGEST_MARK: Final = 200
# Clocks differ; what is stated of a later time would count as the last word for ever.
AHEAD: Final = timedelta(days=1)

# What begins and what ends each hindrance; the graver first.
HINDRANCES: Final = {
    Hindrance.DEATH: (RegisterEventKind.DEATH, RegisterEventKind.DEATH_WITHDRAWN),
    Hindrance.GUARDIANSHIP: (RegisterEventKind.GUARDIANSHIP, RegisterEventKind.GUARDIANSHIP_ENDED),
}


def why_set_aside(event: RegisterEvent, *, now: datetime) -> SetAsideReason | None:
    """Return why an entry cannot be taken, if so."""
    if not event.number.isprintable() or not 0 < len(event.number) <= LONGEST_NUMBER:
        return SetAsideReason.NUMBER
    if event.stated_at.tzinfo is None or event.stated_at > now + AHEAD:
        return SetAsideReason.TIME
    return None


def kept_number(number: str) -> str:
    """Return what an entry that was set aside is found by: its number, or the beginning of one that we cannot keep.

    The same number is always kept as the same, and two as two.
    """
    if number.isprintable() and 0 < len(number) <= LONGEST_NUMBER:
        return number
    digest = hashlib.sha256(number.encode("utf-8", "surrogatepass")).hexdigest()[:31]
    beginning = "".join(sign if sign.isprintable() else "?" for sign in number[:32])
    return f"{beginning}~{digest}"


def is_mark(text: str) -> bool:
    """Return whether a mark can be kept."""
    return len(text) <= LONGEST_MARK and "\0" not in text


def same_matter(kind: RegisterEventKind) -> frozenset[RegisterEventKind]:
    """Return the kinds of which the last stated one counts: a death and its withdrawal, one name and the next."""
    return next((frozenset(pair) for pair in HINDRANCES.values() if kind in pair), frozenset({kind}))


def begun_by(kind: RegisterEventKind) -> Hindrance | None:
    """Return what an entry of this kind begins, if anything."""
    return next((hindrance for hindrance, (begins, _ends) in HINDRANCES.items() if kind is begins), None)


def hindrance_of(entries: Iterable[tuple[RegisterEventKind, datetime]]) -> Hindrance | None:
    """Return why nobody may sign in to the account of whom these entries (kind, when stated) are about, if so.

    Whatever order they came in, of each matter the last stated one counts; of two stated at once the one that hinders.
    """
    stated = list(entries)
    for hindrance, (begins, ends) in HINDRANCES.items():
        last_begun = max((at for kind, at in stated if kind is begins), default=None)
        last_ended = max((at for kind, at in stated if kind is ends), default=None)
        if last_begun is not None and (last_ended is None or last_ended <= last_begun):
            return hindrance
    return None
