"""What the entries of the population register mean for an account."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from kapi.contexts.identity.values import Hindrance, RegisterEventKind

# What begins and what ends each hindrance; the graver first.
HINDRANCES: Final = {
    Hindrance.DEATH: (RegisterEventKind.DEATH, RegisterEventKind.DEATH_WITHDRAWN),
    Hindrance.GUARDIANSHIP: (RegisterEventKind.GUARDIANSHIP, RegisterEventKind.GUARDIANSHIP_ENDED),
}


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
