"""What mandates speak of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from kapi.contexts.identity.values import LegalPersonId, PersonId
from kapi.kernel.errors import InvalidValue
from kapi.kernel.identifiers import MersisNumber, TaxNumber

MandateId = NewType("MandateId", int)


class MandateScope(StrEnum):
    """In which services a representative may act."""

    ALL = "all"
    LISTED = "listed"  # only those that the mandate names


class EndReason(StrEnum):
    """Why a mandate ended."""

    REVOKED = "revoked"  # the register no longer states it
    EXPIRED = "expired"  # its term is over
    SILENT = "silent"  # the register has not stated it for as long as we rely on it
    LAPSED = "lapsed"  # the representative's account was closed: they have died, or have a guardian
    CHANGED = "changed"  # the register states another scope or term now, which is another mandate


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What a mandate allows: in which services (codes of the catalogue, only with LISTED), from when until when.

    `starts_at` belongs to the term, `ends_at` does not; None where the register names no end.

    :raises InvalidValue: of `term`, reason `order`, if it ends before it begins.
    """

    scope: MandateScope
    services: frozenset[str]
    starts_at: datetime
    ends_at: datetime | None

    def __post_init__(self) -> None:
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            raise InvalidValue("term", "order")

    def covered(self, offered: Iterable[str]) -> frozenset[str] | None:
        """Return which of the offered services these terms cover; None for all of them, whatever they are."""
        return None if self.scope is MandateScope.ALL else self.services & frozenset(offered)


@dataclass(frozen=True, kw_only=True)
class Representation:
    """A line of a register: somebody may act for this legal person, on these terms."""

    tax_number: TaxNumber
    mersis_number: MersisNumber | None
    name: str
    terms: Terms


@dataclass(frozen=True, kw_only=True)
class MandateRecord:
    """A mandate as we keep it. `confirmed_at`: when the register last stated it. `ended_at`: before its term, if so."""

    mandate_id: MandateId
    representative_id: PersonId
    principal_id: LegalPersonId
    principal_name: str
    terms: Terms
    source: str
    confirmed_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class InquiryState:
    """How asking a register about a person stands. `answered_at` is when the last answer came that we could use."""

    asked_at: datetime
    answered_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class RegisterState:
    """How the register has answered lately, for operators.

    `unanswered` counts people about whom the last question had no answer that could be used; `mandates` are those that
    nobody has ended.
    """

    is_connected: bool
    last_answer_at: datetime | None
    unanswered: int
    mandates: int
