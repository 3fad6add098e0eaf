"""Whom passkeys are made for, and why one is refused."""

from dataclasses import dataclass
from enum import StrEnum

from kapi.kernel.networks import network_of


class PasskeyFault(StrEnum):
    """Why a passkey is refused, for tests and the audit trail; pages give fewer reasons."""

    MALFORMED = "malformed"  # not what a browser sends
    CHALLENGE = "challenge"  # not ours, too old, used before, or another browser's
    CEREMONY = "ceremony"  # made for another purpose, or inside another site's frame
    ORIGIN = "origin"  # signed on another site's page
    RP = "rp"  # made for another site
    UNVERIFIED = "unverified"  # nobody was present, or nobody's PIN, finger or face was checked
    ALGORITHM = "algorithm"  # a key of a kind that we do not verify
    UNKNOWN = "unknown"  # nobody's here (any more)
    SIGNATURE = "signature"  # signed by another key, or for another person
    COPIED = "copied"  # its counter stands where it stood before: there are two of it
    KNOWN = "known"  # added already


@dataclass(frozen=True, kw_only=True)
class PasskeySettings:
    """Whom passkeys are made for: `rp_id` is the sign-in site's host, `origin` its address without a path."""

    rp_id: str
    origin: str

    @property
    def is_possible(self) -> bool:
        """Whether browsers make passkeys for the host at all: for names, and not for addresses."""
        return network_of(self.rp_id) == ""
