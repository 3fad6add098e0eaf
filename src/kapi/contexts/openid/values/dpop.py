"""Values about proofs of possession (DPoP, RFC 9449)."""

from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True)
class ShownProof:
    """The DPoP header as it came, and the method and address (without the query) of the request it came with."""

    header: str = field(repr=False)
    method: str
    address: str


class Proof(NamedTuple):
    """A proof that fulfils every requirement: by which key (RFC 7638), and how we know it when it comes again."""

    thumbprint: str
    id: str
