"""Announcing facts, and carrying them to the reactions."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import asdict
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.module_loading import import_string

from kapi.foundation.audit.services import record_many
from kapi.foundation.bell import ring_after_commit
from kapi.foundation.inserts import insert
from kapi.foundation.outbox.models import OutboxDelivery, OutboxEvent
from kapi.kernel.actors import Actor
from kapi.kernel.events import Event

LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 12
KEEP_EVENTS = timedelta(days=7)
# A delivery whose worker died may have killed it: three deaths park it.
_TRIES_OF_A_DEATH = 4
_log = logging.getLogger(__name__)

Reaction = Callable[..., None]


def publish(event: Event, *, now: datetime) -> None:
    """Write `event` down with one delivery per reaction listed for it, in the caller's transaction.

    :raises RuntimeError: outside a transaction, where the event could be true without being announced.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("publish needs the transaction that makes the event true")
    event_id = insert(OutboxEvent, name=event.name, payload=asdict(event), at=now)
    reactions = settings.OUTBOX_REACTIONS.get(event.name, ())
    if reactions:
        OutboxDelivery.objects.bulk_create(
            OutboxDelivery(event_id=event_id, reaction=path, due_at=now) for path in reactions
        )
    ring_after_commit(settings.OUTBOX_JOB)


def deliver_due(*, limit: int, now: datetime) -> int:
    """Claim up to `limit` due deliveries under a lease, run each reaction in its own transaction; return how many.

    No reaction's backlog holds up another's: each has its share of a full batch, and their deliveries take turns.
    What was claimed and not begun after half of the lease is given back, so that nobody takes it for a dead worker's.
    """
    claimed = _claim(limit, now)
    stop_at = time.monotonic() + LEASE.total_seconds() / 2
    for done, delivery_id in enumerate(claimed):
        if time.monotonic() > stop_at:
            OutboxDelivery.objects.filter(pk__in=claimed[done:], done_at=None).update(leased_until=None)
            return done
        _deliver(delivery_id, now)
    return len(claimed)


def retry_parked(*, delivery_ids: Collection[int], actor: Actor, now: datetime) -> int:
    """Put parked deliveries back on their way, with all their tries; return how many were parked."""
    return _end_parking(
        delivery_ids, "outbox.retried", {"parked_at": None, "attempts": 0, "due_at": now, "error": ""}, actor, now
    )


def drop_parked(*, delivery_ids: Collection[int], actor: Actor, now: datetime) -> int:
    """Call parked deliveries done, without their reaction having run; return how many were parked."""
    return _end_parking(delivery_ids, "outbox.dropped", {"parked_at": None, "done_at": now}, actor, now)


def prune(*, limit: int, now: datetime) -> int:
    """Delete up to `limit` events older than `KEEP_EVENTS` that have nothing left to be delivered; return how many."""
    waiting = OutboxDelivery.objects.filter(event=OuterRef("pk"), done_at=None)
    over = OutboxEvent.objects.filter(~Exists(waiting), at__lt=now - KEEP_EVENTS).order_by("at", "pk")
    with transaction.atomic():
        ids = list(over.values_list("pk", flat=True)[:limit])
        OutboxDelivery.objects.filter(event_id__in=ids).delete()
        OutboxEvent.objects.filter(pk__in=ids).delete()
    return len(ids)


def _claim(limit: int, now: datetime) -> list[int]:
    with transaction.atomic():
        waiting = OutboxDelivery.objects.filter(done_at=None, parked_at=None)
        orphan = _locked(waiting.filter(leased_until__lt=now).order_by("leased_until", "id"), 1)
        if orphan:
            return _take_over(orphan[0], now)
        due = waiting.filter(leased_until=None, due_at__lte=now).order_by("due_at", "id")
        rows = _fairly(_locked(due, limit), due, limit)
        ids = [row.pk for row in rows]
        OutboxDelivery.objects.filter(pk__in=ids).update(leased_until=now + LEASE)
    return ids


def _locked(rows: QuerySet[OutboxDelivery], limit: int) -> list[OutboxDelivery]:
    # SQLite's transactions hold the write lock from their beginning; PostgreSQL lets other workers pass by.
    is_shared = connection.vendor == "postgresql"
    return list((rows.select_for_update(skip_locked=True) if is_shared else rows).only("reaction", "attempts")[:limit])


def _take_over(orphan: OutboxDelivery, now: datetime) -> list[int]:
    """Claim what a dead worker left, alone: if it was this that killed the worker, nothing else dies with it."""
    attempts = orphan.attempts + _TRIES_OF_A_DEATH
    mine = OutboxDelivery.objects.filter(pk=orphan.pk)
    if attempts >= MOST_ATTEMPTS:
        mine.update(attempts=attempts, leased_until=None, parked_at=now, error="WorkerDied")
        return []
    mine.update(attempts=attempts, leased_until=now + LEASE)
    return [orphan.pk]


def _fairly(first: list[OutboxDelivery], due: QuerySet[OutboxDelivery], limit: int) -> list[OutboxDelivery]:
    """Share a full batch among the reactions that have something due, and let them take turns."""
    if len(first) < limit:
        return _in_turns(first)
    known = {path for paths in settings.OUTBOX_REACTIONS.values() for path in paths}
    paths = sorted(known | {row.reaction for row in first})
    share = max(1, limit // len(paths))
    shared = {row.pk: row for path in paths for row in _locked(due.filter(reaction=path), share)}
    return _in_turns([*shared.values(), *(row for row in first if row.pk not in shared)][:limit])


def _in_turns(rows: list[OutboxDelivery]) -> list[OutboxDelivery]:
    turns: Counter[str] = Counter()
    ordered = []
    for place, row in enumerate(rows):
        ordered.append((turns[row.reaction], place, row))
        turns[row.reaction] += 1
    return [row for _turn, _place, row in sorted(ordered, key=itemgetter(0, 1))]


def _deliver(delivery_id: int, now: datetime) -> None:
    try:
        with transaction.atomic():
            delivery = (
                OutboxDelivery.objects.select_for_update(of=("self",)).select_related("event").get(pk=delivery_id)
            )
            if delivery.done_at is not None or delivery.parked_at is not None:
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
        OutboxDelivery.objects.filter(pk=delivery_id, done_at=None).update(
            attempts=attempts,
            due_at=now + wait,
            leased_until=None,
            parked_at=now if attempts >= MOST_ATTEMPTS else None,
            error=error[:200],
        )


def _end_parking(ids: Collection[int], action: str, change: dict[str, Any], actor: Actor, now: datetime) -> int:
    with transaction.atomic():
        parked = OutboxDelivery.objects.filter(pk__in=ids, parked_at__isnull=False).order_by("pk")
        found = list(parked.values_list("pk", flat=True))
        OutboxDelivery.objects.filter(pk__in=found, parked_at__isnull=False).update(leased_until=None, **change)
        record_many(
            action=action,
            subject_kind="outbox_delivery",
            subjects={str(pk): {} for pk in found},
            actor=actor,
            now=now,
        )
    if found:
        ring_after_commit(settings.OUTBOX_JOB)
    return len(found)
