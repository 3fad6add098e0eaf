"""What a person may add to prove themselves with."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from kapi.contexts.identity.values.ids import AuthenticatorId


class AuthenticatorKind(StrEnum):
    """What a person may add to their account, to prove themselves with."""

    PASSKEY = "passkey"
    TOTP = "totp"
    RECOVERY_CODES = "recovery_codes"
    SMS = "sms"  # codes sent to one of their telephones
    EMAIL = "email"  # codes sent to one of their e-mail addresses


class Voucher(StrEnum):
    """On what it rests that an authenticator is its owner's, where that is more than a password."""

    DESK = "desk"  # added with a sealed code that was handed over in person
    AUTHENTICATOR = "authenticator"  # added with another one that was vouched for
    ENROLMENT = "enrolment"  # added while an enrolment was open for its owner


# What a person need not name: pages call it as its kind, in the reader's language.
NAMED_BY_KIND = (AuthenticatorKind.TOTP, AuthenticatorKind.RECOVERY_CODES)


@dataclass(frozen=True, kw_only=True)
class AuthenticatorView:
    """What a person has added to prove themselves with, as they see it; an empty name is that of its kind."""

    authenticator_id: AuthenticatorId
    kind: AuthenticatorKind
    name: str
    added_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class StaffProof:
    """How a person stands who wants to work: may they, and if not, what is missing.

    `proved_at`: when this session was last proved by a phishing-resistant authenticator that was vouched for, None if
    never. `has_passkey` and `has_vouched` say what the person has, `enrolment_until` until when one may be added that
    counts, None where none may.
    """

    proved_at: datetime | None
    has_passkey: bool
    has_vouched: bool
    enrolment_until: datetime | None


@dataclass(frozen=True, kw_only=True)
class TotpSetup:
    """A secret for an app, to be shown to its owner: as text and as the address in the QR code.

    `sealed` comes back with the app's first code. None of it goes anywhere but into the page.
    """

    secret: str = field(repr=False)
    link: str = field(repr=False)
    sealed: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class RecoveryCodes:
    """Fresh recovery codes, in the form to be printed. They are shown once and kept nowhere."""

    codes: tuple[str, ...] = field(repr=False)
    made_at: datetime
