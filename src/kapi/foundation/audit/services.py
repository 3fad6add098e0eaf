"""Appending to the audit trail, sealing it, verifying it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from kapi.foundation.audit.models import AuditRecord, AuditSeal
from kapi.foundation.locks import hold_lock
from kapi.kernel.actors import Actor

GENESIS = "0" * 64


@dataclass(frozen=True)
class Verification:
    """What a walk along the chain found. `first_bad_row` is the record's id (0: the chain itself is cut short)."""

    sealed: int
    unsealed_tail: int
    first_bad_row: int | None
    reason: str = ""


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
    AuditRecord.objects.create(
        at=now,
        actor_kind=actor.kind,
        actor_id=actor.id,
        institution_code=actor.institution_code,
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
        details=details or {},
    )


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
                details=details,
            )
            for subject_id, details in subjects.items()
        ),
        batch_size=500,
    )


def who_did(*, action: str, subject_kind: str, subject_id: str) -> frozenset[str]:
    """Return the ids of those in whose name a deed is written down about a subject. One query, by index."""
    rows = AuditRecord.objects.filter(subject_kind=subject_kind, subject_id=subject_id, action=action)
    return frozenset(rows.values_list("actor_id", flat=True).order_by("pk"))


def lengths() -> tuple[int, int]:
    """Return how many records are sealed, and how many wait to be. Two queries; nothing is verified."""
    sealed = AuditSeal.objects.order_by("-position").values_list("position", flat=True).first() or 0
    return sealed, _unsealed().count()


def seal(*, limit: int, heads_file: Path | None, now: datetime) -> int:
    """Seal up to `limit` unsealed records in order of id and return how many; one sealer at a time.

    The head of the chain is appended to `heads_file` (JSON lines), so that a chain cut short is noticed as well.
    """
    with transaction.atomic():
        hold_lock("audit-seal")
        last = AuditSeal.objects.order_by("-position").first()
        position, previous = (last.position, last.hash) if last else (0, GENESIS)
        seals = []
        for row in _unsealed()[:limit]:
            position += 1
            current = _hash(position, previous, row)
            seals.append(AuditSeal(position=position, record=row, previous_hash=previous, hash=current))
            previous = current
        AuditSeal.objects.bulk_create(seals)
    if seals and heads_file is not None:
        heads_file.parent.mkdir(parents=True, exist_ok=True)
        with heads_file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"position": position, "hash": previous, "at": now.isoformat()}) + "\n")
    return len(seals)


def verify(*, heads_file: Path | None) -> Verification:
    """Walk the whole chain and name the first row that was altered, removed or moved."""
    previous, expected = GENESIS, 0
    heads = _read_heads(heads_file)
    for seal_row in AuditSeal.objects.order_by("position").iterator(chunk_size=2000):
        expected += 1
        found = AuditRecord.objects.filter(pk=seal_row.record_id).first()
        reason = _fault(seal_row, found, expected, previous)
        if not reason and heads.get(expected, seal_row.hash) != seal_row.hash:
            reason = "differs from the exported head"
        if reason:
            return Verification(expected - 1, _unsealed().count(), seal_row.record_id, reason)
        previous = seal_row.hash
    if heads and max(heads) > expected:
        return Verification(
            expected, _unsealed().count(), 0, f"the chain ends at {expected}, a head of {max(heads)} was exported"
        )
    return Verification(expected, _unsealed().count(), None)


def _unsealed() -> QuerySet[AuditRecord]:
    return AuditRecord.objects.filter(~Exists(AuditSeal.objects.filter(record=OuterRef("pk")))).order_by("pk")


def _fault(seal_row: AuditSeal, found: AuditRecord | None, expected: int, previous: str) -> str:
    if found is None:
        return "removed"
    if seal_row.position != expected:
        return f"place {expected} of the chain is missing"
    if seal_row.previous_hash != previous:
        return "moved: does not follow the row before it"
    if seal_row.hash != _hash(seal_row.position, previous, found):
        return "altered"
    return ""


def _hash(position: int, previous: str, row: AuditRecord) -> str:
    at = row.at.astimezone(UTC).isoformat(timespec="microseconds")
    deed = [row.action, row.subject_kind, row.subject_id, row.details]
    content = [position, previous, row.pk, at, row.actor_kind, row.actor_id, row.institution_code, *deed]
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _read_heads(heads_file: Path | None) -> dict[int, str]:
    if heads_file is None or not heads_file.exists():
        return {}
    heads = (json.loads(line) for line in heads_file.read_text(encoding="utf-8").splitlines() if line)
    return {head["position"]: head["hash"] for head in heads}
