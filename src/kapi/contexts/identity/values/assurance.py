"""How sure we are of a sign-in, and what that rests on."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from kapi.contexts.identity.values.ids import AuthenticatorId


class AssuranceLevel(StrEnum):
    """How sure we are of a sign-in, in eIDAS words, weakest first; the value is what tokens carry as `acr`."""

    LOW = "urn:kapi:loa:low"
    SUBSTANTIAL = "urn:kapi:loa:substantial"
    HIGH = "urn:kapi:loa:high"


# `acr` of a proof that no false page can be handed (OpenID Connect EAP ACR Values 1.0): a quality beside the ladder.
PHISHING_RESISTANT: Final = "phr"
# Every `acr` that some evidence can bear out: the ladder's rungs, the strongest first, then the quality beside it.
ACR_VALUES: Final = (AssuranceLevel.HIGH, AssuranceLevel.SUBSTANTIAL, AssuranceLevel.LOW, PHISHING_RESISTANT)


class Proofing(StrEnum):
    """How it was established that an account is handed to the person whose it is."""

    DESK = "desk"  # in person, with a document
    OPERATOR = "operator"  # the operator named the person at the machine


class Method(StrEnum):
    """A way of proving that it is oneself, as a session's evidence records it."""

    PASSWORD = "password"  # noqa: S105 - a method
    SEALED_CODE = "sealed_code"
    TOTP = "totp"  # a one-time code of an app (RFC 6238)
    RECOVERY_CODE = "recovery_code"  # one of a printed list
    SMS_CODE = "sms_code"  # sent to a telephone
    EMAIL_CODE = "email_code"  # sent to an e-mail address: it is a hurdle, and shows no factor
    PASSKEY = "passkey"
    QUALIFIED_CERTIFICATE = "qualified_certificate"  # of an e-signature: on a card or a stick, opened by a PIN
    IDENTITY_CARD = "identity_card"  # the certificate on the identity card's chip, opened by a PIN
    MOBILE_SIGNATURE = "mobile_signature"  # a qualified certificate on a telephone's SIM, opened by a PIN


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One way in which a person has proved in a session that it is them, and when.

    `authenticator_id` is what they proved it with, None for password, sealed code and certificates. Of a certificate
    `held_since` is the moment from which on its issuer says that it is its holder's.
    """

    method: Method
    at: datetime
    authenticator_id: AuthenticatorId | None = None
    held_since: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Assurance:
    """What may be said of a sign-in: three statements about the same proofs.

    `acr` is a rung of the ladder or `PHISHING_RESISTANT`, `amr` how it was proved (RFC 8176). Each of the proofs was
    given at `proved_at` or later: that is `auth_time`, and never too late.
    """

    acr: str
    amr: tuple[str, ...]
    proved_at: datetime
