"""Help with an account: how it stands, what the help desk sees, and what it does."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from kapi.contexts.identity.values.accounts import AccountState, Lane
from kapi.contexts.identity.values.authenticators import AuthenticatorKind
from kapi.contexts.identity.values.history import HistoryKind
from kapi.contexts.identity.values.ids import AssistanceId, AuthenticatorId


class AssistanceState(StrEnum):
    """Where an assisted session stands."""

    ASKED = "asked"
    AGREED = "agreed"
    ENDED = "ended"


class AssistanceEnd(StrEnum):
    """Why an assisted session ended."""

    DECLINED = "declined"  # its owner said no
    BY_CITIZEN = "by_citizen"
    BY_STAFF = "by_staff"
    BY_TIME = "by_time"
    REPLACED = "replaced"  # by another one, for which the owner has read out another code


class DeedKind(StrEnum):
    """What a member of staff does in an assisted session: looking, helping, and never signing in or acting as it."""

    LOOKED = "looked"
    SESSIONS_ENDED = "sessions_ended"
    REMOVAL_SUGGESTED = "removal_suggested"
    LANE_RELEASED = "lane_released"
    POINTED_TO_DESK = "pointed_to_desk"


@dataclass(frozen=True, kw_only=True)
class ShownSupportCode:
    """A code to be read out to the help desk. It is shown once and kept nowhere."""

    code: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class AssistedAuthenticator:
    """What the help desk sees of one: never its name, which its owner may have made of anything."""

    authenticator_id: AuthenticatorId
    kind: AuthenticatorKind
    added_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class AssistanceDeedView:
    """Something that was done in an assisted session; `detail` is a count, a lane or an authenticator's number."""

    kind: DeedKind
    at: datetime
    detail: str


@dataclass(frozen=True, kw_only=True)
class AssistedAccount:
    """What the help desk sees of an account whose owner has agreed: no number, name, address or device.

    `events` are the last lines of its history. `full_lanes`: whose tries are not heard at present.
    """

    ends_at: datetime
    state: AccountState
    password_changed_at: datetime | None
    code_expires_at: datetime | None
    authenticators: tuple[AssistedAuthenticator, ...]
    recovery_codes_left: int
    open_sessions: int
    events: tuple[tuple[datetime, HistoryKind], ...]
    full_lanes: tuple[Lane, ...]
    deeds: tuple[AssistanceDeedView, ...]


@dataclass(frozen=True, kw_only=True)
class AssistanceView:
    """An assisted session, as its owner and the member of staff may both know it.

    `until` is when it ends, or until when it can be answered. `end_reason` is None while it has not ended.
    """

    assistance_id: AssistanceId
    staff_id: int
    institution_code: str
    state: AssistanceState
    asked_at: datetime
    agreed_at: datetime | None
    until: datetime
    ended_at: datetime | None
    end_reason: AssistanceEnd | None
    deeds: tuple[AssistanceDeedView, ...]
