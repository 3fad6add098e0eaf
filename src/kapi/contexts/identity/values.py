"""What identity speaks of."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from kapi.kernel.actors import Actor, ActorKind
from kapi.kernel.identifiers import IdentityNumber

PersonId = NewType("PersonId", int)
SessionId = NewType("SessionId", int)


class AccountState(StrEnum):
    """Where an account stands."""

    AWAITING_PASSWORD = "awaiting_password"  # noqa: S105 - a state; a sealed code opens the door to choosing one
    ACTIVE = "active"


class AssuranceLevel(StrEnum):
    """How sure we are of a sign-in, in eIDAS words; the value is what tokens carry as `acr`."""

    LOW = "urn:kapi:loa:low"


class EndReason(StrEnum):
    """Why a session ended."""

    SIGNED_OUT = "signed_out"
    SIGNED_OUT_REMOTELY = "signed_out_remotely"  # by its owner, from another session
    IDLE = "idle"
    TOO_OLD = "too_old"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a reason
    RECOVERED = "recovered"  # the account was handed back at a desk
    REPLACED = "replaced"  # by another one in the same browser


class HistoryKind(StrEnum):
    """What happened at the account's door."""

    SIGNED_IN = "signed_in"
    REAUTHENTICATED = "reauthenticated"  # proved once more in the same session, because an institution asked for it
    CODE_USED = "code_used"
    WRONG_SECRET = "wrong_secret"  # noqa: S105 - a kind
    LIMITED = "limited"  # so many wrong tries that further ones were not heard; written once per limit reached
    PASSWORD_CHOSEN = "password_chosen"  # noqa: S105 - a kind
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a kind
    CODE_ISSUED = "code_issued"
    RECOVERED = "recovered"
    CORRECTED = "corrected"  # name or birth date, at a desk


class CorrectionReason(StrEnum):
    """Why a registered name or birth date is corrected. A word and no free text: the audit trail keeps it for ever."""

    MISTAKE = "mistake"  # it was typed wrongly at the desk
    DOCUMENT = "document"  # the identity document says otherwise since it was renewed
    COURT = "court"  # a court decided
    REGISTER = "register"  # the population register was corrected


class PasswordFault(StrEnum):
    """Why a new password is refused."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    COMMON = "common"  # on the list of leaked ones
    OBVIOUS = "obvious"  # made of what everybody tries first
    PERSONAL = "personal"  # made of the person's own name, number or birth date
    SAME = "same"  # the present one, or the sealed code


@dataclass(frozen=True, kw_only=True)
class BirthDate:
    """When a person was born, as far as it is known: the day, or the month as well, or all of it may be missing."""

    year: int | None = None
    month: int | None = None
    day: int | None = None


@dataclass(frozen=True, kw_only=True)
class PersonRecord:
    """What is known of a person."""

    person_id: PersonId
    identity_number: IdentityNumber
    given_names: str
    family_name: str | None
    birth_year: int | None
    birth_month: int | None
    birth_day: int | None

    @property
    def display_name(self) -> str:
        """The name as it is shown."""
        return " ".join(part for part in (self.given_names, self.family_name) if part)

    @property
    def birth(self) -> BirthDate:
        """The birth date as far as it is known."""
        return BirthDate(year=self.birth_year, month=self.birth_month, day=self.birth_day)


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Where a request comes from, as much as is kept of it: the network, not the address; families, not versions.

    `browser` and `system` are product names, or empty.
    """

    network: str
    browser: str
    system: str


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A person with a session that is under way.

    `expires_at` is when it ends unless something happens, `ends_at` when it ends in any case; from `warn_at` on the
    person should be warned. With `must_change_password` nothing is allowed but choosing a password.
    """

    session_id: SessionId
    person_id: PersonId
    given_names: str
    family_name: str | None
    authenticated_at: datetime
    acr: str
    amr: tuple[str, ...]
    must_change_password: bool
    last_seen_at: datetime
    warn_at: datetime
    expires_at: datetime
    ends_at: datetime

    @property
    def display_name(self) -> str:
        """The name as it is shown."""
        return " ".join(part for part in (self.given_names, self.family_name) if part)

    @property
    def actor(self) -> Actor:
        """The person as the one who acts."""
        return Actor(ActorKind.PERSON, str(self.person_id))


@dataclass(frozen=True, kw_only=True)
class StartedSession:
    """A session that has just begun or become fresh again. Both tokens go into cookies and nowhere else."""

    token: str = field(repr=False)
    device_token: str = field(repr=False)
    signed_in: SignedIn


@dataclass(frozen=True, kw_only=True)
class RenewedSession:
    """A session that goes on under a new token; the former one no longer opens it."""

    token: str = field(repr=False)
    signed_in: SignedIn


@dataclass(frozen=True, kw_only=True)
class IssuedCode:
    """A sealed code, in the form to be printed. It is shown once and kept nowhere."""

    code: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class SessionView:
    """One session as its owner sees it."""

    session_id: SessionId
    started_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    visitor: Visitor


@dataclass(frozen=True, kw_only=True)
class HistoryEntry:
    """One line of the history."""

    entry_id: int
    at: datetime
    kind: HistoryKind
    visitor: Visitor


@dataclass(frozen=True, kw_only=True)
class HistoryPage:
    """Lines of the history, newest first. `older_than` asks for the next page, `None` at the end."""

    entries: tuple[HistoryEntry, ...]
    older_than: int | None


@dataclass(frozen=True, kw_only=True)
class AccountView:
    """How a person's account stands, for the desk. `code_expires_at`: until when the present sealed code is good."""

    person_id: PersonId
    state: AccountState
    created_at: datetime
    password_changed_at: datetime | None
    code_expires_at: datetime | None
