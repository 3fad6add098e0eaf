"""Questions about the outbox."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from kapi.foundation.outbox.models import OutboxDelivery


@dataclass(frozen=True)
class Backlog:
    """What is not delivered: on its way, given up after the last try, and since when the oldest waits."""

    waiting: int
    given_up: int
    oldest_at: datetime | None


@dataclass(frozen=True)
class ParkedGroup:
    """Parked deliveries of one event to one reaction that ended with the same error."""

    reaction: str
    event: str
    error: str
    count: int
    since: datetime


@dataclass(frozen=True)
class ParkedDelivery:
    """One parked delivery. `error` is the class name of what the last try failed with."""

    id: int
    reaction: str
    event: str
    attempts: int
    error: str
    parked_at: datetime


def backlog() -> Backlog:
    """Count what is not delivered. Two queries, each by its index: what was delivered is not looked at."""
    waiting = OutboxDelivery.objects.filter(done_at=None, parked_at=None)
    told = waiting.aggregate(count=Count("pk"), oldest_at=Min("event__at"))
    given_up = OutboxDelivery.objects.filter(parked_at__isnull=False).count()
    return Backlog(told["count"], given_up, told["oldest_at"])


def parked_groups() -> list[ParkedGroup]:
    """Sum up what is parked, the most first. One query."""
    rows = OutboxDelivery.objects.filter(parked_at__isnull=False).values_list("reaction", "event__name", "error")
    summed = rows.annotate(count=Count("pk"), since=Min("parked_at")).order_by("-count", "reaction", "event__name")
    return [ParkedGroup(*row) for row in summed.order_by("-count", "reaction", "event__name", "error")]


def parked(*, reaction: str = "", limit: int | None = 100) -> list[ParkedDelivery]:
    """List parked deliveries, the first parked first; only those to `reaction` where one is given."""
    rows = OutboxDelivery.objects.filter(parked_at__isnull=False)
    rows = (rows.filter(reaction=reaction) if reaction else rows).order_by("parked_at", "pk")
    columns = ("pk", "reaction", "event__name", "attempts", "error", "parked_at")
    return [ParkedDelivery(*row) for row in rows.values_list(*columns)[:limit]]
