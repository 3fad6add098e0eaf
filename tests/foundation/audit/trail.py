"""An audit trail, and somebody who breaks into it."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection

from kapi.foundation.audit import services
from kapi.foundation.audit.models import AuditMark, AuditRecord
from kapi.kernel.actors import system

triggers = importlib.import_module("kapi.foundation.audit.migrations.0002_only_inserts")


@contextmanager
def a_break_in() -> Iterator[None]:
    """Someone with the database administrator's rights takes the triggers away."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("DROP FUNCTION audit_only_inserts() CASCADE")
        else:
            for table in triggers.TABLES:
                cursor.execute(f"DROP TRIGGER {table}_no_update")
                cursor.execute(f"DROP TRIGGER {table}_no_delete")
    yield


def run_sql(statement: str, *values: int | str) -> None:
    """Change the trail behind the back of the gateway."""
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))


def append(now: datetime, count: int = 3) -> list[AuditRecord]:
    """Append so many records and return all there are."""
    for number in range(count):
        services.record(
            action="test.done",
            subject_kind="test",
            subject_id=str(number),
            actor=system("test"),
            now=now,
            details={"n": number},
        )
    return list(AuditRecord.objects.order_by("pk"))


def append_with_gaps(now: datetime, count: int) -> list[int]:
    """Append records whose ids leave room between them, as transactions that failed do; return the ids."""
    ids = [1000 + 10 * number for number in range(count)]
    for number, pk in enumerate(ids):
        put_record(pk, now, number)
    return ids


def put_record(pk: int, now: datetime, number: int) -> None:
    """Insert a record under an id of one's choice."""
    AuditRecord.objects.create(
        pk=pk,
        at=now,
        actor_kind="system",
        actor_id="test",
        action="test.done",
        subject_kind="test",
        subject_id=str(number),
        details={"n": number},
    )


def let_settle() -> None:
    """Do what the sealer does a while later, when every transaction of now has ended."""
    last = AuditRecord.objects.order_by("-pk")[0].pk
    AuditMark.objects.update_or_create(pk=1, defaults={"settled_id": last})
