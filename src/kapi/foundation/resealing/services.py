"""Sealing anew, in small steps, while the gateway serves."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from kapi.foundation import keys
from kapi.foundation.audit.services import record
from kapi.foundation.locks import hold_lock
from kapi.foundation.resealing.models import ResealMark
from kapi.foundation.resealing.values import SealedColumn, Step
from kapi.kernel.actors import Actor


@dataclass(frozen=True)
class _Row:
    pk: Any
    sealed: bytes
    digest: str


def count_rows(column: SealedColumn) -> int:
    """Return how many rows the column has."""
    return _rows(column).count()


def seen_so_far(column: SealedColumn) -> int:
    """Return how many rows an interrupted run under the present key has gone through: where the next step goes on."""
    mark = ResealMark.objects.filter(pk=column.name, key_name=keys.key_name(), finished_at=None).first()
    return mark.seen if mark else 0


def reseal_further(*, column: SealedColumn, limit: int, actor: Actor, now: datetime) -> Step:
    """Go through the next `limit` rows, and seal anew what is under a former key, with its digest.

    It goes on where the last step under the same key ended, also after a crash: rows and mark change together. After
    the last row it begins anew. A row that somebody changes meanwhile is left alone: they write under the present key.
    """
    with transaction.atomic():
        hold_lock(f"reseal {column.name}")
        mark = _mark(column, now)
        rows = list(_read(column, mark.after, limit))
        renewed, unopened = _renew(column, rows)
        resealed, clashing = _write(column, renewed)
        is_last = len(rows) < limit
        ResealMark.objects.filter(pk=column.name).update(
            after=str(rows[-1].pk) if rows else mark.after,
            seen=mark.seen + len(rows),
            resealed=mark.resealed + resealed,
            finished_at=now if is_last else None,
        )
        if is_last:
            record(
                action="keys.resealed",
                subject_kind="column",
                subject_id=column.name[:64],
                actor=actor,
                now=now,
                details={"seen": mark.seen + len(rows), "resealed": mark.resealed + resealed},
            )
    return Step(len(rows), resealed, unopened, clashing, is_last)


def inspect(*, column: SealedColumn, after: str, limit: int) -> tuple[Step, str]:
    """Look at `limit` rows beyond the primary key `after` (empty: from the first) and change nothing.

    `resealed` of the step says how many would be; the second value is the `after` of the next step.
    """
    rows = list(_read(column, after, limit))
    renewed, unopened = _renew(column, rows)
    return Step(len(rows), len(renewed), unopened, (), len(rows) < limit), str(rows[-1].pk) if rows else after


def _mark(column: SealedColumn, now: datetime) -> ResealMark:
    """Return the mark to go on from; a new one at the first row under another key, or after the last row."""
    mark = ResealMark.objects.filter(pk=column.name, key_name=keys.key_name(), finished_at=None).first()
    if mark is not None:
        return mark
    fresh = {"key_name": keys.key_name(), "after": "", "seen": 0, "resealed": 0, "begun_at": now, "finished_at": None}
    return ResealMark.objects.update_or_create(pk=column.name, defaults=fresh)[0]


def _rows(column: SealedColumn) -> models.QuerySet[Any]:
    rows: models.QuerySet[Any] = apps.get_model(column.model)._default_manager.order_by("pk")
    return rows


def _read(column: SealedColumn, after: str, limit: int) -> Iterable[_Row]:
    rows = _rows(column).filter(pk__gt=after) if after else _rows(column)
    names = [name for name in (column.column, column.digest) if name]
    for pk, sealed, *digest in rows.values_list("pk", *names)[:limit]:
        yield _Row(pk, bytes(sealed), digest[0] if digest else "")


def _renew(column: SealedColumn, rows: list[_Row]) -> tuple[list[tuple[_Row, _Row]], tuple[str, ...]]:
    """Return the rows that change, each beside what becomes of it, and those that no key opens."""
    renewed, unopened = [], []
    for row in rows:
        if not row.sealed:  # destroyed on purpose, as a retired signing key
            continue
        try:
            text = keys.open_sealed(row.sealed, purpose=column.purpose)
        except keys.SealBroken:
            unopened.append(str(row.pk))
            continue
        digest = keys.digest(text, purpose=column.purpose) if column.digest else ""
        if keys.is_under_present_key(row.sealed, purpose=column.purpose) and digest == row.digest:
            continue
        renewed.append((row, _Row(row.pk, keys.seal(text, purpose=column.purpose), digest)))
    return renewed, tuple(unopened)


def _write(column: SealedColumn, renewed: list[tuple[_Row, _Row]]) -> tuple[int, tuple[str, ...]]:
    """Write all at once, or one by one where two rows are the same thing; return how many, and which clash."""
    try:
        with transaction.atomic():
            _update(column, renewed)
    except IntegrityError:
        clashing = tuple(str(row.pk) for row, fresh in renewed if not _updates(column, row, fresh))
        return len(renewed) - len(clashing), clashing
    return len(renewed), ()


def _updates(column: SealedColumn, row: _Row, fresh: _Row) -> bool:
    try:
        with transaction.atomic():
            _update(column, [(row, fresh)])
    except IntegrityError:
        return False
    return True


def _update(column: SealedColumn, renewed: list[tuple[_Row, _Row]]) -> None:
    if not renewed:
        return
    meta = apps.get_model(column.model)._meta
    names = {
        name: connection.ops.quote_name(meta.get_field(name).column) for name in (column.column, column.digest) if name
    }
    sets = ", ".join(f"{name} = %s" for name in names.values())
    key = connection.ops.quote_name(meta.pk.column)
    table = connection.ops.quote_name(meta.db_table)
    # The former value is part of the question, so that nobody's change is undone.
    statement = f"UPDATE {table} SET {sets} WHERE {key} = %s AND {names[column.column]} = %s"  # noqa: S608 - our names
    values = [(fresh.sealed, *([fresh.digest] if column.digest else []), row.pk, row.sealed) for row, fresh in renewed]
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)
