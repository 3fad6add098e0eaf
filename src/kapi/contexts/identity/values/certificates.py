"""Whose certificates prove who somebody is, what is signed with them, and why a signature is refused."""

from dataclasses import dataclass, field
from enum import StrEnum


class CertificateFault(StrEnum):
    """Why a signature is not accepted as a proof, for tests and the audit trail; pages give fewer reasons."""

    MALFORMED = "malformed"  # no CMS signature of one signer, or something hangs on to it
    TOO_LARGE = "too_large"
    CHALLENGE = "challenge"  # the statement is not ours, too old, used before, or another browser's
    CONTENT = "content"  # something else was signed
    ATTRIBUTES = "attributes"  # what must be signed with it is missing, repeated or contradictory
    SIGNER = "signer"  # the signature does not name the certificate that it was made with
    ALGORITHM = "algorithm"  # of a kind, or with a key of a size, that we do not trust
    SIGNATURE = "signature"  # it does not verify
    ISSUER = "issuer"  # no path to an issuer that is trusted for this
    POLICY = "policy"  # the issuer's certificate, but of another kind
    USAGE = "usage"  # the key may not be used for this
    VALIDITY = "validity"  # expired, or not good yet
    REVOKED = "revoked"
    NUMBER = "number"  # the certificate names no identity number that can be one


class CertificateUse(StrEnum):
    """What an issuer's certificates may prove here; the value is what the trust list calls it."""

    E_SIGNATURE = "e-signature"
    IDENTITY_CARD = "identity-card"
    MOBILE_SIGNATURE = "mobile-signature"


@dataclass(frozen=True, kw_only=True)
class TrustedIssuer:
    """An issuer on the trust list. `certificate` is its own, in DER; `policies` are the OIDs of which one of its
    certificates must name one, for only for those it vouches that the key lies on a certified device, behind a PIN.
    """

    name: str
    certificate: bytes = field(repr=False)
    use: CertificateUse
    policies: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class CertificateSettings:
    """Whose certificates prove who somebody is, and where: `site` is the sign-in site's address without a path."""

    site: str
    issuers: tuple[TrustedIssuer, ...] = ()

    @property
    def are_possible(self) -> bool:
        """Whether anybody can sign in with a certificate."""
        return any(issuer.use is not CertificateUse.MOBILE_SIGNATURE for issuer in self.issuers)

    @property
    def vouch_for_telephones(self) -> bool:
        """Whether any issuer on the list vouches for mobile signatures."""
        return any(issuer.use is CertificateUse.MOBILE_SIGNATURE for issuer in self.issuers)


@dataclass(frozen=True, kw_only=True)
class SignedStatement:
    """What a person sends in: their signature, and what the statement was made with that they have signed.

    `signature` is CMS in DER, PEM or base64, with or without the statement in it; `browser` is the secret of the
    browser's own cookie.
    """

    signature: bytes = field(repr=False)
    handle: str
    going_to: str
    browser: str = field(repr=False)
