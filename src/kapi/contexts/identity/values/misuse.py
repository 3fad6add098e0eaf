"""What an owner says was not them, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kapi.contexts.identity.values.authenticators import AuthenticatorView
from kapi.contexts.identity.values.history import HistoryKind
from kapi.contexts.identity.values.ids import ReportId, SessionId
from kapi.contexts.identity.values.sessions import Visitor


class MisuseAbout(StrEnum):
    """Of what its owner says: this was not me."""

    HISTORY = "history"
    SESSION = "session"
    DEVICE = "device"
    SHARING = "sharing"


class MisuseExtent(StrEnum):
    """Which sessions a report ends."""

    THOSE = "those"  # the ones that it is about
    ALL_OTHERS = "all_others"  # all but the one in which it is made


@dataclass(frozen=True, kw_only=True)
class MisuseSubject:
    """What a report is about, by its id. `session_id` is the session in which a sharing happened, else None."""

    about: MisuseAbout
    id: int
    session_id: SessionId | None = None


@dataclass(frozen=True, kw_only=True)
class MisusePreview:
    """What a report would do, for the page that asks. `at` and `kind` are the line's, None for what is no line.

    `own` says that it is the very session or device from which one looks: then there is nothing to report. `contacts`
    are those added there that are still in use, masked; `contact_removed` says that one was removed there.
    """

    at: datetime
    kind: HistoryKind | None
    visitor: Visitor
    under_way: int
    forgets_device: bool
    asks_for_password: bool
    authenticators: tuple[AuthenticatorView, ...]
    contacts: tuple[str, ...]
    contact_removed: bool
    own: bool
    report_id: ReportId | None


@dataclass(frozen=True, kw_only=True)
class MisuseReportView:
    """How a report stands. `session_ids` are the sessions that it is about, `ended` how many sessions it ended.

    `password_due`: the owner has still to choose another password; None if it was not used. `authenticators` are those
    to be removed that are still there; so are `contacts`, masked. `contact_removed`: one was removed there, which its
    owner may add again.
    """

    report_id: ReportId
    at: datetime
    about: MisuseAbout
    subject_at: datetime
    visitor: Visitor
    session_ids: tuple[SessionId, ...]
    ended: int
    password_due: bool | None
    authenticators: tuple[AuthenticatorView, ...]
    contacts: tuple[str, ...]
    contact_removed: bool

    @property
    def is_done(self) -> bool:
        """Whether its owner has nothing more to do."""
        return not self.password_due and not self.authenticators and not self.contacts


@dataclass(frozen=True, kw_only=True)
class MisuseCounts:
    """How many reports came in a span of time, and how many of them wait for their owners to do something."""

    reported: int
    waiting: int
