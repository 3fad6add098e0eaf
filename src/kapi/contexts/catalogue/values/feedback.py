"""What people tell us."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class FeedbackView:
    """What somebody told us about a page."""

    page: str
    service_code: str
    score: int | None
    text: str
    language: str
    at: datetime


@dataclass(frozen=True)
class BarrierView:
    """A barrier that somebody met; `contact` is empty if they want no answer."""

    id: int
    page: str
    text: str
    contact: str
    language: str
    at: datetime
    answered_at: datetime | None


@dataclass(frozen=True)
class Scores:
    """How people judged a service: how many gave 1 to 5, and the mean."""

    count: int
    mean: float | None
    by_score: dict[int, int] = field(default_factory=dict)
