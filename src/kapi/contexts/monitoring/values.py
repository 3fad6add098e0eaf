"""What feedback and barrier reports hold."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType

FeedbackId = NewType("FeedbackId", int)

MOST_CHARACTERS = 2000
"""Longest text of a feedback or a report."""

LONGEST_PAGE = 300
"""Longest address of a page that is kept; what is longer is cut."""

KEPT_FOR = timedelta(days=365)
"""How long feedback and reports are kept; the privacy notice says the same."""

COMMENT_WITHIN = timedelta(hours=1)
"""How long after the one-click answer its words may follow."""


@dataclass(frozen=True)
class FeedbackLine:
    """One feedback as staff read it. `was_useful` is None where only words were left."""

    id: FeedbackId
    service_code: str
    page: str
    language: str
    was_useful: bool | None
    text: str
    received_at: datetime


@dataclass(frozen=True)
class Usefulness:
    """How many people found a service's page useful, and how many did not."""

    useful: int
    not_useful: int


@dataclass(frozen=True)
class BarrierLine:
    """One report of a barrier. `email` is empty where the person does not want an answer."""

    number: str
    page: str
    language: str
    text: str
    aids: str
    email: str
    received_at: datetime
