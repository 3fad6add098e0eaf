"""Signatures that are asked for on somebody's telephone."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from kapi.kernel.contacts import MobileNumber


class MobileState(StrEnum):
    """Where a mobile signature stands."""

    ASKED = "asked"  # written down; whether the supplier has heard of it is not known yet
    PENDING = "pending"  # on the telephone
    SIGNED = "signed"
    REFUSED = "refused"  # on the telephone
    EXPIRED = "expired"  # nobody has answered in time
    UNKNOWN_NUMBER = "unknown_number"  # a number without a mobile signature
    FAILED = "failed"  # the supplier did not answer, or what it gave cannot be accepted
    CANCELLED = "cancelled"  # on the page


@dataclass(frozen=True, kw_only=True)
class MobileOrder:
    """What a supplier of mobile signatures is asked for.

    `key` is ours and names the order: the same one twice is one order. `document` is what is signed; `words` and `code`
    are shown on the telephone before the PIN is asked for, the code on our page as well.
    """

    key: str
    number: MobileNumber
    document: bytes = field(repr=False)
    words: str
    code: str


@dataclass(frozen=True, kw_only=True)
class MobileAnswer:
    """What a supplier says of an order. With SIGNED there is a `signature`: CMS in DER, over the document."""

    state: MobileState
    signature: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, kw_only=True)
class MobileView:
    """A mobile signature as the page shows it. `code` is what the telephone shows too."""

    state: MobileState
    code: str
    expires_at: datetime
