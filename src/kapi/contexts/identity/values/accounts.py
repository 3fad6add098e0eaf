"""A person's right to sign in, as the desk sees it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from kapi.contexts.identity.values.ids import PersonId


class AccountState(StrEnum):
    """Where an account stands."""

    AWAITING_PASSWORD = "awaiting_password"  # noqa: S105 - a state; a sealed code opens the door to choosing one
    ACTIVE = "active"
    CLOSED = "closed"  # because of an entry in the population register; a desk opens it again


class Lane(StrEnum):
    """Which wrong tries are counted together, as far as they are counted for one account."""

    PASSWORD = "password"  # noqa: S105 - what is tried
    SECOND_STEP = "second_step"
    PRESENT_PASSWORD = "present_password"  # noqa: S105 - what is tried, where it is to be changed


class PasswordFault(StrEnum):
    """Why a new password is refused."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    COMMON = "common"  # on the list of leaked ones
    OBVIOUS = "obvious"  # made of what everybody tries first
    PERSONAL = "personal"  # made of the person's own name, number or birth date
    SAME = "same"  # the present one, or the sealed code


@dataclass(frozen=True, kw_only=True)
class IssuedCode:
    """A sealed code, in the form to be printed. It is shown once and kept nowhere."""

    code: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class AccountView:
    """How a person's account stands, for the desk. `code_expires_at`: until when the present sealed code is good."""

    person_id: PersonId
    state: AccountState
    created_at: datetime
    password_changed_at: datetime | None
    code_expires_at: datetime | None
