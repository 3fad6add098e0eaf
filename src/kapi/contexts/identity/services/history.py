"""The history of an account's door, and how long traces of people are kept."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Model, QuerySet

from kapi.contexts.identity.models import (
    BegunSignIn,
    Contact,
    Enrolment,
    HeldOffSignIn,
    HistoryRow,
    KnownDevice,
    MisuseReport,
    MobileSignature,
    RegisterEntrySetAside,
    RevocationAnswer,
    SealedCode,
    SentCode,
    Session,
    SupportCode,
    UsedChallenge,
)
from kapi.contexts.identity.rules.contacts import TELL_FORMER_FOR
from kapi.contexts.identity.values import HistoryKind, LegalPersonId, PersonId, SessionId, Visitor
from kapi.foundation.inserts import insert
from kapi.kernel.actors import Actor, ActorKind

KEEP_HISTORY: timedelta = settings.KEEP_HISTORY
KEEP_NOBODYS_HISTORY = timedelta(days=30)
KEEP_DEVICE = timedelta(days=400)  # as long as a browser keeps a cookie at most
KEEP_ENDED_SIGNATURE = timedelta(minutes=15)  # as long as its page may still be open
NOWHERE = Visitor(network="", browser="", system="")


def note_in_history(
    *,
    person_id: PersonId | None,
    session_id: SessionId | None,
    kind: HistoryKind,
    visitor: Visitor,
    legal_person_id: LegalPersonId | None = None,
    means: Iterable[str] = (),
    actor: Actor,
    now: datetime,
) -> None:
    """Write one line; `person_id` is `None` where the number is nobody's, so that both cost the same.

    A deed of a member of staff names them, by their number here, and the institution in whose service they did it.

    `legal_person_id` is whom it concerns besides the person; `means` as in `HistoryEntry`.
    """
    insert(
        HistoryRow,
        person_id=person_id,
        session_id=session_id,
        at=now,
        kind=kind,
        legal_person_id=legal_person_id,
        institution_code=actor.institution_code if actor.kind is ActorKind.STAFF else "",
        staff_id=int(actor.id) if actor.kind is ActorKind.STAFF else None,
        means=" ".join(means),
        network=visitor.network,
        browser=visitor.browser,
        system=visitor.system,
    )


def forget_old_traces(*, limit: int, actor: Actor, now: datetime) -> int:
    """Delete up to `limit` of each: old history and sessions, devices not seen for long, closed codes,
    challenges, codes and answers of issuers that are over, former contacts. Return how many.

    Other contexts remember a session by its number only.
    """
    old = now - KEEP_HISTORY
    outdated: tuple[tuple[QuerySet[Model], str], ...] = (
        (HistoryRow.objects.filter(at__lt=old), "at"),
        (HistoryRow.objects.filter(person=None, at__lt=now - KEEP_NOBODYS_HISTORY), "at"),
        (KnownDevice.objects.filter(last_seen_at__lt=now - KEEP_DEVICE), "last_seen_at"),
        (SealedCode.objects.filter(closed_at__lt=old), "pk"),
        (Enrolment.objects.filter(expires_at__lt=old), "pk"),
        (UsedChallenge.objects.filter(expires_at__lt=now), "expires_at"),
        (SentCode.objects.filter(expires_at__lt=now), "expires_at"),
        (Contact.objects.filter(ended_at__lt=now - TELL_FORMER_FOR), "ended_at"),
        (BegunSignIn.objects.filter(expires_at__lt=now), "expires_at"),
        (HeldOffSignIn.objects.filter(expires_at__lt=now), "expires_at"),
        (MisuseReport.objects.filter(at__lt=old), "at"),
        (RevocationAnswer.objects.filter(expires_at__lt=now), "expires_at"),
        (MobileSignature.objects.filter(expires_at__lt=now - KEEP_ENDED_SIGNATURE), "expires_at"),
        (SupportCode.objects.filter(expires_at__lt=now), "expires_at"),
        (RegisterEntrySetAside.objects.filter(received_at__lt=old), "received_at"),
        (_oldest_sessions(limit).filter(ended_at__lt=old), "pk"),
    )
    forgotten = 0
    for rows, by in outdated:
        with transaction.atomic():
            ids = list(rows.order_by(by, "pk").values_list("pk", flat=True)[:limit])
            forgotten += rows.model._default_manager.filter(pk__in=ids).delete()[1].get(rows.model._meta.label, 0)
    return forgotten


def _oldest_sessions(limit: int) -> QuerySet[Session]:
    """Return the first sessions there are: they end in about the order in which they began, so no index is needed."""
    oldest = Session.objects.order_by("pk").values_list("pk", flat=True)[:limit]
    return Session.objects.filter(pk__in=list(oldest))
