"""Values about signing out."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from kapi.kernel.langstring import LangString


class SignOutKind(StrEnum):
    """What the browser has to do next."""

    RESUME = "resume"  # come back to `/oidc/end-session/<request_id>`, with cookies this time
    END_SESSION = "end_session"  # the client proved whose session it is: end it, then go to `url`
    CONFIRM = "confirm"  # ask the person, then finish the request
    REDIRECT = "redirect"  # nothing to end: go to `url`
    DONE = "done"  # nothing to end and nowhere to go: show the signed-out page


@dataclass(frozen=True)
class SignOutStep:
    """The next step of a sign-out that a client asked for. `url` is empty where the client named no place."""

    kind: SignOutKind
    request_id: str = ""
    url: str = ""


@dataclass(frozen=True)
class PendingSignOut:
    """What the confirmation page shows. `client_name` is empty where the client did not say who it is."""

    id: str
    client_name: LangString
    redirect_origin: str


class LogoutCause(StrEnum):
    """Why a visit ended, where its client should know; empty where nobody but the person is concerned."""

    NONE = ""
    MISUSE = "misuse"  # the person says that it was not them


@dataclass(frozen=True)
class ToldVisit:
    """Whether a client knows what became of a visit. `state` is None where it has no address to be told at."""

    client_name: LangString
    state: "DeliveryState | None"


@dataclass(frozen=True)
class LogoutNotice:
    """A notice that has been claimed and is to be posted: as a form with the one field `logout_token`."""

    delivery_id: int
    client_id: str
    url: str
    token: str = field(repr=False)


class DeliveryState(StrEnum):
    """Whether a client knows that a visit has ended."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    GIVEN_UP = "given_up"


@dataclass(frozen=True)
class DeliveryRecord:
    """One line of the ledger of logout deliveries."""

    client_id: str
    session_id: int
    state: DeliveryState
    attempts: int
    created_at: datetime
    confirmed_at: datetime | None
    next_at: datetime | None
    last_error: str


@dataclass(frozen=True)
class Undelivered:
    """How many sign-outs a client does not know of: still being tried, and given up."""

    client_id: str
    waiting: int
    given_up: int
