"""The history of an account's door, and how long traces of people are kept."""

from datetime import datetime, timedelta

from django.db import transaction

from kapi.contexts.identity.models import HistoryRow, KnownDevice, SealedCode, Session
from kapi.contexts.identity.values import HistoryKind, PersonId, SessionId, Visitor
from kapi.kernel.actors import Actor

KEEP_HISTORY = timedelta(days=365)
KEEP_NOBODYS_HISTORY = timedelta(days=30)
KEEP_DEVICE = timedelta(days=400)  # as long as a browser keeps a cookie at most
NOWHERE = Visitor(network="", browser="", system="")


def note_in_history(
    *,
    person_id: PersonId | None,
    session_id: SessionId | None,
    kind: HistoryKind,
    visitor: Visitor,
    actor: Actor,
    now: datetime,
) -> None:
    """Write one line; `person_id` is `None` where the number is nobody's, so that both cost the same."""
    HistoryRow.objects.create(
        person_id=person_id,
        session_id=session_id,
        at=now,
        kind=kind,
        network=visitor.network,
        browser=visitor.browser,
        system=visitor.system,
    )


def forget_old_traces(*, limit: int, actor: Actor, now: datetime) -> int:
    """Delete up to `limit` of each: old history, devices not seen for long, closed codes. Return how many.

    Sessions stay, for other contexts refer to them; where they came from is erased with the history.
    """
    old = now - KEEP_HISTORY
    outdated = (
        HistoryRow.objects.filter(at__lt=old),
        HistoryRow.objects.filter(person=None, at__lt=now - KEEP_NOBODYS_HISTORY),
        KnownDevice.objects.filter(last_seen_at__lt=now - KEEP_DEVICE),
        SealedCode.objects.filter(closed_at__lt=old),
    )
    forgotten = 0
    for rows in outdated:
        with transaction.atomic():
            ids = list(rows.order_by("pk").values_list("pk", flat=True)[:limit])
            forgotten += rows.model.objects.filter(pk__in=ids).delete()[1].get(rows.model._meta.label, 0)
    blurred = Session.objects.filter(ended_at__lt=old).exclude(network="", browser="", system="").order_by("pk")
    with transaction.atomic():
        ids = list(blurred.values_list("pk", flat=True)[:limit])
        forgotten += Session.objects.filter(pk__in=ids).update(network="", browser="", system="")
    return forgotten
