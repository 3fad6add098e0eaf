"""Proving that nobody touched the trail: a walk along the chain in pieces of one size, however long it is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path

from django.db import transaction

from kapi.foundation.audit import services
from kapi.foundation.audit.chain import GENESIS, SEALED_COLUMNS, hash_of, last_position, settled_id, unsealed
from kapi.foundation.audit.heads import read_heads
from kapi.foundation.audit.models import AuditRecord, AuditSeal, AuditVerification
from kapi.kernel.actors import Actor

CHUNK = 2000
_IDS = 20_000


class VerificationKind(StrEnum):
    """Who walks: by hand over the whole chain, the job over what is new, the job round and round over all of it."""

    WHOLE = "whole"
    LATEST = "latest"
    ROUND = "round"


@dataclass(frozen=True)
class Verification:
    """What a walk along the chain found.

    The chain is whole up to the place `sealed`. `first_bad_row` is the record's id (0: the chain is cut short);
    `hash` is the seal's at the place `sealed`; `at_end` tells whether there is nothing more to verify.
    """

    sealed: int
    unsealed_tail: int
    first_bad_row: int | None
    reason: str = ""
    hash: str = GENESIS
    at_end: bool = True


@dataclass(frozen=True)
class VerificationRecord:
    """How the last verification of a kind went, as it is shown."""

    kind: VerificationKind
    at: datetime
    verified_to: int
    first_bad_row: int | None
    reason: str
    completed_at: datetime | None


@dataclass(frozen=True)
class _Fault:
    position: int  # of the last good seal
    row: int
    reason: str


@dataclass(frozen=True)
class _Anchor:
    """Where a walk begins: the last seal before it."""

    position: int = 0
    hash: str = GENESIS
    record_id: int | None = None


@dataclass
class _Walk:
    position: int
    hash: str
    highest_record: int
    fault: _Fault | None = None


Progress = Callable[[int, int], None]


def verify(
    *,
    heads_file: Path | None,
    first: int = 1,
    last: int | None = None,
    progress: Progress = lambda done, total: None,
) -> Verification:
    """Walk the chain from the place `first` to `last` (None: to its end) and name the first row that was altered,
    removed, moved or put in between.

    A walk from 1 to the end proves all of the trail; one from elsewhere takes the seal before it as given and proves
    what comes after. `progress` is called with the places done and how many there are.
    """
    tail = unsealed().count()
    anchor = _anchor(first)
    if anchor is None:
        end = last_position()
        return Verification(end, tail, 0, f"the chain ends at {end}, before place {first - 1}")
    walk, at_end = _walk(anchor, heads_file, last, progress)
    fault = walk.fault or _stray(anchor, walk, at_end=at_end) or (_lost_end(walk) if at_end else None)
    if fault is not None:
        return Verification(fault.position, tail, fault.row, fault.reason, walk.hash, at_end)
    return Verification(walk.position, tail, None, "", walk.hash, at_end)


def verify_further(
    *, kind: VerificationKind, limit: int, heads_file: Path | None, actor: Actor, now: datetime
) -> Verification:
    """Verify up to `limit` places after the last verified one of this kind, and write down what was found.

    After a fault it stays where it is, so that the fault is found again until it is mended. `ROUND` begins anew when
    it has come to the end.
    """
    state = AuditVerification.objects.filter(pk=kind).first()
    begins = state is None or (kind is VerificationKind.ROUND and state.completed_at == state.at)
    verified_to, known = (0, "") if state is None or begins else (state.verified_to, state.hash)
    found = _differs_from_known(verified_to, known) or verify(
        heads_file=heads_file, first=verified_to + 1, last=verified_to + limit
    )
    keep(kind=kind, found=found, actor=actor, now=now)
    return found


def keep(*, kind: VerificationKind, found: Verification, actor: Actor, now: datetime) -> None:
    """Write down how a verification went; a fault that is new goes into the trail as well."""
    with transaction.atomic():
        before = AuditVerification.objects.filter(pk=kind).first()
        is_complete = found.at_end and found.first_bad_row is None
        completed_at = now if is_complete else (before.completed_at if before else None)
        AuditVerification.objects.update_or_create(
            pk=kind,
            defaults={
                "at": now,
                "verified_to": found.sealed,
                "hash": found.hash,
                "first_bad_row": found.first_bad_row,
                "reason": found.reason[:200],
                "completed_at": completed_at,
            },
        )
        if found.first_bad_row is not None and (before is None or before.first_bad_row != found.first_bad_row):
            services.record(
                action="audit.fault_found",
                subject_kind="audit_record",
                subject_id=str(found.first_bad_row),
                actor=actor,
                now=now,
                details={"verification": kind, "reason": found.reason},
            )


def last_verified() -> int:
    """Return the place up to which the job has verified what is new."""
    rows = AuditVerification.objects.filter(pk=VerificationKind.LATEST).values_list("verified_to", flat=True)
    return rows.order_by("pk").first() or 0


def verifications() -> list[VerificationRecord]:
    """List how the last verification of each kind went. One query."""
    return [
        VerificationRecord(
            VerificationKind(row.kind), row.at, row.verified_to, row.first_bad_row, row.reason, row.completed_at
        )
        for row in AuditVerification.objects.order_by("kind")
    ]


def _anchor(first: int) -> _Anchor | None:
    if first <= 1:
        return _Anchor()
    rows = AuditSeal.objects.filter(position=first - 1).values_list("position", "hash", "record_id")
    found = rows.order_by("position").first()
    return found and _Anchor(*found)


def _differs_from_known(position: int, known: str) -> Verification | None:
    """Compare the seal where the last verification stopped with what was written down about it."""
    if not position:
        return None
    anchor = _anchor(position + 1)
    if anchor is not None and anchor.hash == known:
        return None
    tail = unsealed().count()
    if anchor is None or anchor.record_id is None:
        return Verification(position, tail, 0, f"place {position} of the chain was verified and is missing", known)
    return Verification(position, tail, anchor.record_id, "differs from what was verified", known)


def _walk(anchor: _Anchor, heads_file: Path | None, last: int | None, progress: Progress) -> tuple[_Walk, bool]:
    """Follow the seals from the anchor to `last`; tell whether the chain ends there."""
    # First the heads, then the end: a head is exported after its seals are committed, so none is beyond that end.
    differing, longest = _compare_heads(heads_file, anchor.position + 1, last)
    chain_end = last_position()
    end = chain_end if last is None else min(last, chain_end)
    walk = _Walk(anchor.position, anchor.hash, anchor.record_id or 0)
    total = max(0, end - anchor.position)
    while walk.fault is None and _take(walk, end, differing, is_first=walk.position == anchor.position == 0):
        progress(walk.position - anchor.position, total)
    if walk.fault is None and longest > chain_end:
        reason = f"the chain ends at {chain_end}, a head of {longest} was exported"
        walk.fault = _Fault(walk.position, 0, reason)
    return walk, end == chain_end


def _compare_heads(heads_file: Path | None, first: int, last: int | None) -> tuple[int | None, int]:
    """Return the first place whose seal differs from an exported head, and the last place of which there is one."""
    differing: list[int] = []
    longest = 0
    heads = read_heads(heads_file, first, last)
    while some := list(islice(heads, 500)):
        longest = max(longest, *(head.position for head in some))
        seals = AuditSeal.objects.filter(position__in=[head.position for head in some])
        stored = dict(seals.order_by("position").values_list("position", "hash"))
        differing += [head.position for head in some if stored.get(head.position, head.hash) != head.hash]
        differing = sorted(differing)[:1]
    return differing[0] if differing else None, longest


def _take(walk: _Walk, end: int, differing: int | None, *, is_first: bool) -> bool:
    """Verify the next piece of the chain; tell whether there was one."""
    rows = AuditSeal.objects.filter(position__lte=end)
    # From the beginning without a lower bound: a seal below place 1 would be a forged one.
    rows = rows if is_first else rows.filter(position__gt=walk.position)
    seals = list(rows.order_by("position").values_list("position", "record_id", "previous_hash", "hash")[:CHUNK])
    records = _records([record_id for _position, record_id, *_hashes in seals])
    for position, record_id, previous, current in seals:
        columns = records.get(record_id)
        reason = ""
        if position != walk.position + 1:
            reason = f"place {walk.position + 1} of the chain is missing"
        elif columns is None:
            reason = "removed"
        elif previous != walk.hash:
            reason = "moved: does not follow the row before it"
        elif current != hash_of(position, previous, columns):
            reason = "altered"
        elif position == differing:
            reason = "differs from the exported head"
        if reason:
            walk.fault = _Fault(walk.position, record_id, reason)
            return False
        walk.position, walk.hash = position, current
    walk.highest_record = max(walk.highest_record, *records, 0)
    return bool(seals)


def _records(ids: list[int]) -> dict[int, tuple[object, ...]]:
    if not ids:
        return {}
    low, high = min(ids), max(ids)
    rows = AuditRecord.objects.order_by("pk").values_list(*SEALED_COLUMNS)
    # Records are sealed in order of id, give or take a few: mostly one stretch of the table.
    is_dense = high - low < 2 * len(ids)
    found = rows.filter(pk__gte=low, pk__lte=high) if is_dense else rows.filter(pk__in=ids)
    return {row[0]: row for row in found}


def _lost_end(walk: _Walk) -> _Fault | None:
    """Look for the last record that was settled: without it and its seal the chain would look whole."""
    settled = settled_id()
    if not settled or AuditSeal.objects.filter(record_id=settled).exists():
        return None
    return _Fault(walk.position, settled, "was sealed, and is gone with its seal")


def _stray(anchor: _Anchor, walk: _Walk, *, at_end: bool) -> _Fault | None:
    """Look for the first record among the settled ones that has no seal: it was put there, or lost its seal."""
    high = settled_id() if at_end else min(settled_id(), walk.highest_record)
    after = anchor.record_id
    while True:
        rows = (
            AuditRecord.objects.filter(pk__lte=high)
            if after is None
            else AuditRecord.objects.filter(pk__gt=after, pk__lte=high)
        )
        ids = list(rows.order_by("pk").values_list("pk", flat=True)[:_IDS])
        if not ids:
            return None
        seals = AuditSeal.objects.filter(record_id__gte=ids[0], record_id__lte=ids[-1])
        strays = set(ids).difference(seals.values_list("record_id", flat=True))
        if strays:
            return _Fault(walk.position, min(strays), "has no seal among sealed rows: put there, or its seal was taken")
        after = ids[-1]
