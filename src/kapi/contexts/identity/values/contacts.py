"""Where a person can be reached, and the codes that are sent there."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from kapi.contexts.identity.values.ids import AuthenticatorId, ChallengeId, ContactId
from kapi.kernel.contacts import ContactAddress, EmailAddress, MobileNumber


class ContactKind(StrEnum):
    """How a person can be reached."""

    PHONE = "phone"  # text messages
    EMAIL = "email"


class CodeUse(StrEnum):
    """What a code buys that was sent to a contact."""

    ADD_CONTACT = "add_contact"  # it shows that the contact is theirs
    ADD_STEP = "add_step"  # from then on signing in asks for a code that is sent there
    SECOND_STEP = "second_step"  # it finishes a begun sign-in
    HELD_OFF = "held_off"  # it finishes a held-off sign-in


@dataclass(frozen=True, kw_only=True)
class ContactView:
    """Where a person can be reached, as they see it. `masked` may be shown.

    `step_id` is the authenticator by which signing in asks for a code sent there, None where it does not.
    """

    contact_id: ContactId
    kind: ContactKind
    masked: str
    verified_at: datetime
    step_id: AuthenticatorId | None = None


@dataclass(frozen=True, kw_only=True)
class VerifiedContacts:
    """Where a person can be reached, in full: of each kind the one that was shown to be theirs first, None without."""

    phone: MobileNumber | None = None
    email: EmailAddress | None = None


NO_CONTACTS: Final = VerifiedContacts()


@dataclass(frozen=True, kw_only=True)
class SentCodeView:
    """A code that somebody waits for: where it goes, and how far it is.

    `shown` is the address, masked unless the person has just typed it. `sent_at` is None until somebody has handed the
    code over. A further one is sent from `again_at` on.
    """

    challenge_id: ChallengeId
    use: CodeUse
    kind: ContactKind
    shown: str
    asked_at: datetime
    sent_at: datetime | None
    expires_at: datetime
    again_at: datetime


@dataclass(frozen=True, kw_only=True)
class CodeToSend:
    """A code on its way, for who tells people. It is good until `expires_at`."""

    kind: ContactKind
    use: CodeUse
    address: ContactAddress
    code: str = field(repr=False)
    expires_at: datetime
