"""Announcing facts, and carrying them to the reactions."""

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Min, Q
from django.utils.module_loading import import_string

from kapi.foundation.bell import ring_after_commit
from kapi.foundation.outbox.models import OutboxDelivery, OutboxEvent
from kapi.kernel.events import Event

LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 12
_log = logging.getLogger(__name__)

Reaction = Callable[..., None]


def publish(event: Event, *, now: datetime) -> None:
    """Write `event` down with one delivery per reaction listed for it, in the caller's transaction.

    :raises RuntimeError: outside a transaction, where the event could be true without being announced.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("publish needs the transaction that makes the event true")
    row = OutboxEvent.objects.create(name=event.name, payload=asdict(event), at=now)
    OutboxDelivery.objects.bulk_create(
        OutboxDelivery(event=row, reaction=path, due_at=now) for path in settings.OUTBOX_REACTIONS.get(event.name, ())
    )
    ring_after_commit(settings.OUTBOX_JOB)


@dataclass(frozen=True)
class Backlog:
    """What is not delivered: on its way, given up after the last try, and since when the oldest waits."""

    waiting: int
    given_up: int
    oldest_at: datetime | None


def backlog() -> Backlog:
    """Count what is not delivered. One query."""
    told = OutboxDelivery.objects.filter(done_at=None).aggregate(
        waiting=Count("pk", filter=Q(attempts__lt=MOST_ATTEMPTS)),
        given_up=Count("pk", filter=Q(attempts__gte=MOST_ATTEMPTS)),
        oldest_at=Min("event__at", filter=Q(attempts__lt=MOST_ATTEMPTS)),
    )
    return Backlog(**told)


def deliver_due(*, limit: int, now: datetime) -> int:
    """Claim up to `limit` due deliveries under a lease, run each reaction in its own transaction; return how many."""
    claimed = _claim(limit, now)
    for delivery_id in claimed:
        _deliver(delivery_id, now)
    return len(claimed)


def _claim(limit: int, now: datetime) -> list[int]:
    with transaction.atomic():
        due = OutboxDelivery.objects.filter(
            Q(leased_until=None) | Q(leased_until__lt=now), done_at=None, due_at__lte=now, attempts__lt=MOST_ATTEMPTS
        ).order_by("due_at", "id")
        # SQLite's transactions hold the write lock from their beginning; PostgreSQL lets other workers pass by.
        rows = due.select_for_update(skip_locked=True)[:limit] if connection.vendor == "postgresql" else due[:limit]
        ids = [row.pk for row in rows]
        OutboxDelivery.objects.filter(pk__in=ids).update(leased_until=now + LEASE)
    return ids


def _deliver(delivery_id: int, now: datetime) -> None:
    try:
        with transaction.atomic():
            delivery = (
                OutboxDelivery.objects.select_for_update(of=("self",)).select_related("event").get(pk=delivery_id)
            )
            if delivery.done_at is not None:
                return
            reaction: Reaction = import_string(delivery.reaction)
            reaction(delivery.event.payload, now=now)
            OutboxDelivery.objects.filter(pk=delivery_id).update(done_at=now, leased_until=None, error="")
    except Exception as failure:  # noqa: BLE001 - see the next line
        # One of the three places that may catch everything: a reaction's bug must not stop the others' deliveries.
        _log.exception("delivery %s failed", delivery_id)
        _postpone(delivery_id, type(failure).__name__, now)


def _postpone(delivery_id: int, error: str, now: datetime) -> None:
    with transaction.atomic():
        delivery = OutboxDelivery.objects.select_for_update(of=("self",)).get(pk=delivery_id)
        attempts = delivery.attempts + 1
        wait = timedelta(seconds=min(2**attempts, 3600))
        OutboxDelivery.objects.filter(pk=delivery_id).update(
            attempts=attempts, due_at=now + wait, leased_until=None, error=error[:200]
        )
