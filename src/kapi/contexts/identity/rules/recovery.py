"""Printed recovery codes: a list of ten, of which each is good once.

A code looks like a sealed code and has its 55 random bits, so nobody guesses one; it is kept as a salted SHA-256, and
the list of these under seal. Which were used stands in the authenticator's counter, a bit for each: it only grows.
"""

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Final

from kapi.contexts.identity.rules.codes import make_code, read_code
from kapi.contexts.identity.values import AuthenticatorKind

HOW_MANY: Final = 10
# What recovery codes stand in for. Without any of these they are of no use.
STANDS_IN_FOR: Final = frozenset(
    {AuthenticatorKind.TOTP, AuthenticatorKind.PASSKEY, AuthenticatorKind.SMS, AuthenticatorKind.EMAIL}
)
_MOST_TYPED: Final = 100


@dataclass(frozen=True)
class RecoveryList:
    """What is kept of a list of codes."""

    salt: str
    hashes: tuple[str, ...]

    @classmethod
    def of(cls, codes: tuple[str, ...]) -> "RecoveryList":
        """Return what is kept of fresh codes."""
        salt = secrets.token_hex(16)
        return cls(salt, tuple(_hash(salt, code) for code in codes))

    @classmethod
    def from_text(cls, text: str) -> "RecoveryList":
        """Read what `to_text` wrote."""
        kept = json.loads(text)
        return cls(kept["salt"], tuple(kept["hashes"]))

    def to_text(self) -> str:
        """Return the form in which the list is sealed."""
        return json.dumps({"salt": self.salt, "hashes": self.hashes})

    def bit_of(self, typed: str) -> int | None:
        """Return the bit of the code that was typed, None if it is none of the list. Takes as long in any case."""
        shown = _hash(self.salt, typed)
        found = [1 << place for place, kept in enumerate(self.hashes) if hmac.compare_digest(kept, shown)]
        return found[0] if found else None


def make_codes() -> tuple[str, ...]:
    """Make the codes of a list, as they are printed."""
    return tuple(make_code() for _ in range(HOW_MANY))


def left(used: int) -> int:
    """Return how many codes are left by the authenticator's counter."""
    return HOW_MANY - used.bit_count()


def _hash(salt: str, typed: str) -> str:
    return hashlib.sha256(f"{salt}:{read_code(typed[:_MOST_TYPED])}".encode()).hexdigest()
