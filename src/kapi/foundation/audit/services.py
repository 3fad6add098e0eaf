"""Appending to the audit trail, and sealing it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from django.db import transaction

from kapi.foundation.audit import chain
from kapi.foundation.audit.heads import Head, append_head
from kapi.foundation.audit.models import AuditRecord, AuditSeal
from kapi.foundation.chains import Inserting, Made, Noting
from kapi.foundation.inserts import insert
from kapi.foundation.locks import hold_lock
from kapi.foundation.turns import Row
from kapi.kernel.actors import Actor

RECORDING = Inserting(AuditRecord)
"""A deed as a link of a chain, with the columns that `columns_of` returns."""


def record(
    *,
    action: str,
    subject_kind: str,
    subject_id: str,
    actor: Actor,
    now: datetime,
    details: dict[str, object] | None = None,
) -> None:
    """Append one deed, in the caller's transaction. `details` holds ids and words of ours, never personal data."""
    columns = columns_of(
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
        actor=actor,
        now=now,
        details=details,
    )
    insert(AuditRecord, **columns)


def columns_of(
    *,
    action: str,
    subject_kind: str,
    subject_id: str,
    actor: Actor,
    now: datetime,
    details: dict[str, object] | None = None,
    with_key: tuple[str, Made] | None = None,
) -> dict[str, object]:
    """Return the columns of one deed for a chain that ends in `RECORDING`.

    `with_key` names a detail that is the key of what an earlier link of the chain writes.
    """
    document = _marked(details or {}, actor)
    return {
        "at": now,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "institution_code": actor.institution_code,
        "action": action,
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "details": Noting(document, *with_key) if with_key else document,
    }


def recording(
    *,
    action: str,
    subject_kind: str,
    subject_id: str,
    actor: Actor,
    now: datetime,
    details: dict[str, object] | None = None,
) -> Row:
    """Return one deed as a step among others (`take_in_turn`)."""
    columns = columns_of(
        action=action, subject_kind=subject_kind, subject_id=subject_id, actor=actor, now=now, details=details
    )
    return Row(AuditRecord, **columns)


def record_many(
    *, action: str, subject_kind: str, subjects: Mapping[str, dict[str, object]], actor: Actor, now: datetime
) -> None:
    """Append the same deed for many subjects (id -> details), in the caller's transaction."""
    AuditRecord.objects.bulk_create(
        (
            AuditRecord(
                at=now,
                actor_kind=actor.kind,
                actor_id=actor.id,
                institution_code=actor.institution_code,
                action=action,
                subject_kind=subject_kind,
                subject_id=subject_id,
                details=_marked(details, actor),
            )
            for subject_id, details in subjects.items()
        ),
        batch_size=500,
    )


def _marked(details: dict[str, object], actor: Actor) -> dict[str, object]:
    return {**details, "emergency": actor.emergency} if actor.emergency else details


def who_did(*, action: str, subject_kind: str, subject_id: str) -> frozenset[str]:
    """Return the ids of those in whose name a deed is written down about a subject. One query, by index."""
    rows = AuditRecord.objects.filter(subject_kind=subject_kind, subject_id=subject_id, action=action)
    return frozenset(rows.values_list("actor_id", flat=True).order_by("pk"))


def lengths() -> tuple[int, int]:
    """Return how many records are sealed, and how many wait to be. Nothing is verified."""
    return chain.last_position(), chain.unsealed().count()


def seal(*, limit: int, heads_file: Path | None, now: datetime) -> int:
    """Seal up to `limit` unsealed records in order of id and return how many; one sealer at a time.

    The head of the chain is appended to `heads_file` (JSON lines), so that a chain cut short is noticed as well.
    """
    return len(_seal(limit, 0, heads_file, now))


def seal_all(
    *,
    batch: int,
    most: int,
    heads_file: Path | None,
    now: datetime,
    progress: Callable[[int], None] = lambda done: None,
) -> int:
    """Seal up to `most` unsealed records, `batch` in a transaction, and return how many."""
    done, after = 0, 0
    while done < most and (ids := _seal(min(batch, most - done), after, heads_file, now)):
        done += len(ids)
        progress(done)
        if len(ids) < batch:
            break
        after = ids[-1]  # what comes late below it is found by the next run
    return done


def _seal(limit: int, after: int, heads_file: Path | None, now: datetime) -> list[int]:
    with transaction.atomic():
        hold_lock("audit-seal")
        oldest = chain.oldest_transaction()
        last = AuditSeal.objects.order_by("-position").first()
        position, previous = (last.position, last.hash) if last else (0, chain.GENESIS)
        seals = []
        for columns in chain.unsealed(after=after).values_list(*chain.SEALED_COLUMNS)[:limit]:
            position += 1
            current = chain.hash_of(position, previous, columns)
            seals.append(AuditSeal(position=position, record_id=columns[0], previous_hash=previous, hash=current))
            previous = current
        AuditSeal.objects.bulk_create(seals)
        if not after:
            chain.settle(sealed_to=seals[-1].record_id if len(seals) == limit else None, oldest=oldest, now=now)
    if seals and heads_file is not None:
        append_head(heads_file, Head(position, previous), now)
    return [row.record_id for row in seals]
