"""What the population register tells of people, and what came of it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from kapi.kernel.identifiers import IdentityNumber


class RegisterEventKind(StrEnum):
    """What the population register tells of a person."""

    DEATH = "death"
    DEATH_WITHDRAWN = "death_withdrawn"  # it had been entered wrongly
    NAME_CHANGED = "name_changed"
    GUARDIANSHIP = "guardianship"  # a court has appointed a guardian
    GUARDIANSHIP_ENDED = "guardianship_ended"


class Hindrance(StrEnum):
    """Why nobody may sign in to somebody's account, by what the population register says."""

    DEATH = "death"
    GUARDIANSHIP = "guardianship"


class RegisterOutcome(StrEnum):
    """What came of something that the population register told."""

    DONE = "done"
    NOTHING = "nothing"  # it was so already, or there is no account
    LATE = "late"  # a later word on the same matter was known
    UNUSABLE = "unusable"  # for instance a name that is none


class SetAsideReason(StrEnum):
    """Why an entry of the population register could not be taken."""

    NUMBER = "number"  # it has none, a longer one than we keep, or one with signs that nobody can read
    TIME = "time"  # it does not say in which zone, or lies in the future
    FORM = "form"  # the register's own adapter could not read it
    NAME = "name"  # a name that is none


@dataclass(frozen=True, kw_only=True)
class SetAsideEntry:
    """An entry that could not be taken, for operators: they ask the register about its number."""

    source: str
    number: str
    reason: SetAsideReason
    received_at: datetime


@dataclass(frozen=True, kw_only=True)
class RegisterEvent:
    """An entry of a population register about one person. `number` is the register's own, unique within it.

    `stated_at` is when the register entered it, `happened_on` when it came true, as far as it says. The name is that of
    NAME_CHANGED, else empty.
    """

    number: str
    kind: RegisterEventKind
    identity_number: IdentityNumber
    stated_at: datetime
    happened_on: date | None = None
    given_names: str = ""
    family_name: str | None = None


@dataclass(frozen=True, kw_only=True)
class RegisterPage:
    """Entries in the order in which the register made them, and the mark that asks for what follows.

    `unreadable` are the numbers of entries in between that are none of these, so that they hold up nothing behind them.
    """

    events: tuple[RegisterEvent, ...]
    mark: str
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PopulationRegisterState:
    """How the population register has answered lately; `set_aside` are the last of its `unusable` entries."""

    is_connected: bool
    last_asked_at: datetime | None
    last_answer_at: datetime | None
    entries: int
    unusable: int
    set_aside: tuple[SetAsideEntry, ...]
