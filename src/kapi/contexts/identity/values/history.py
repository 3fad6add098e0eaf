"""What happened at an account's door."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kapi.contexts.identity.values.ids import SessionId
from kapi.contexts.identity.values.sessions import Visitor


class HistoryKind(StrEnum):
    """What happened at the account's door."""

    SIGNED_IN = "signed_in"
    REAUTHENTICATED = "reauthenticated"  # proved once more in the same session, because an institution asked for it
    STEPPED_UP = "stepped_up"  # proved in another way besides, in the same session
    CODE_USED = "code_used"
    WRONG_SECRET = "wrong_secret"  # noqa: S105 - a kind
    HELD_OFF = "held_off"  # the password was right, but device and network new, while lists of passwords were tried
    WRONG_CODE = "wrong_code"  # the password was right, the code of the second step was not
    RECOVERY_CODE_USED = "recovery_code_used"
    LIMITED = "limited"  # so many wrong tries that further ones were not heard; written once per limit reached
    PASSWORD_CHOSEN = "password_chosen"  # noqa: S105 - a kind
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a kind
    CODE_ISSUED = "code_issued"
    RECOVERED = "recovered"
    CORRECTED = "corrected"  # name or birth date, at a desk
    SIGNATURE_REFUSED = "signature_refused"  # on the telephone, where somebody had asked for a mobile signature
    CERTIFICATE_REFUSED = "certificate_refused"  # one in the person's name was shown that its issuer has revoked
    PASSKEY_REFUSED = "passkey_refused"  # one of the person's was shown, and something was wrong with it
    AUTHENTICATOR_ADDED = "authenticator_added"
    AUTHENTICATOR_REMOVED = "authenticator_removed"
    ASSISTANCE_AGREED = "assistance_agreed"  # the owner let the help desk look at the account
    ASSISTANCE_ENDED = "assistance_ended"
    ENROLMENT_OPENED = "enrolment_opened"  # a colleague let the person add a passkey that counts at work
    CONTACT_ADDED = "contact_added"
    CONTACT_REMOVED = "contact_removed"
    ACTING_FOR = "acting_for"  # from here on for a legal person
    ACTING_FOR_ONESELF = "acting_for_oneself"  # from here on for oneself again
    MANDATE_ENDED = "mandate_ended"  # from here on for oneself again, because one no longer represents
    RENAMED = "renamed"  # by the population register
    ACCOUNT_CLOSED = "account_closed"  # because of an entry in the population register
    MISUSE_REPORTED = "misuse_reported"  # the owner said of a line, session, device or sharing: this was not me


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """One line of the history. `legal_person` names whom it concerns besides the person, None where nobody.

    `staff_id` and `institution_code` tell which member of staff did it, where one did. `means` are values of `Method`
    where somebody proved that it was them, of `AuthenticatorKind` or `ContactKind` where one was added or removed, and
    empty where nothing is known.
    """

    entry_id: int
    at: datetime
    kind: HistoryKind
    visitor: Visitor
    session_id: SessionId | None = None
    legal_person: str | None = None
    staff_id: int | None = None
    institution_code: str = ""
    means: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class HistoryPage:
    """Lines of the history, newest first. `older_than` asks for the next page, `None` at the end."""

    entries: tuple[HistoryEntry, ...]
    older_than: int | None
