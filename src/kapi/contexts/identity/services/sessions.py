"""Sessions: being seen, going on, ending."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from kapi.contexts.identity import selectors
from kapi.contexts.identity.errors import SessionOver
from kapi.contexts.identity.events import SessionEnded
from kapi.contexts.identity.models import Session
from kapi.contexts.identity.rules import sessions as rules
from kapi.contexts.identity.values import EndReason, PersonId, SessionId, SignedIn
from kapi.foundation.audit.services import record
from kapi.foundation.outbox.services import publish
from kapi.kernel.actors import Actor, ActorKind


def note_activity(*, signed_in: SignedIn, actor: Actor, now: datetime) -> SignedIn:
    """Let the session go on because its person is there; call it once per page.

    Writes at most once a minute, one statement. Returns the session as it now stands.
    """
    if not rules.is_sighting_due(last_seen_at=signed_in.last_seen_at, now=now):
        return signed_in
    _open_sessions(now).filter(pk=signed_in.session_id, last_seen_at__lt=now).update(last_seen_at=now)
    return selectors.find_session_by_id(session_id=signed_in.session_id, now=now) or signed_in


def extend_session(*, session_id: SessionId, actor: Actor, now: datetime) -> SignedIn:
    """Let the session go on because its person asked for it, after the warning.

    :raises SessionOver: if it has ended, or is not the actor's.
    """
    with transaction.atomic():
        _own(_open_sessions(now), actor).filter(pk=session_id, last_seen_at__lt=now).update(last_seen_at=now)
        signed_in = selectors.find_session_by_id(session_id=session_id, now=now)
    if signed_in is None or not _own(Session.objects.filter(pk=session_id), actor).exists():
        raise SessionOver
    return signed_in


def own_open_session(*, session_id: SessionId, actor: Actor, now: datetime) -> SignedIn:
    """Return a session that is under way and is the actor's own. Nobody else changes one, staff neither: they end it.

    :raises SessionOver: if it has ended, or is not the actor's.
    """
    signed_in = selectors.find_session_by_id(session_id=session_id, now=now)
    if signed_in is None or actor != signed_in.actor:
        raise SessionOver
    return signed_in


def end_session(*, session_id: SessionId, reason: EndReason, actor: Actor, now: datetime) -> None:
    """End a session: signing out here, or of another device. Ending it again changes nothing.

    :raises SessionOver: if there never was such a session, or it is not the actor's.
    """
    with transaction.atomic():
        row = _own(Session.objects.filter(pk=session_id), actor).first()
        if row is None:
            raise SessionOver
        _end(Session.objects.filter(pk=session_id), row, reason, ended_at=now, actor=actor, now=now)


def end_other_sessions(*, session_id: SessionId, actor: Actor, now: datetime) -> int:
    """End all sessions of the same person but this one, and return how many.

    :raises SessionOver: if this one is not under way, or is not the actor's.
    """
    with transaction.atomic():
        row = _own(_open_sessions(now).filter(pk=session_id), actor).first()
        if row is None:
            raise SessionOver
        return end_sessions_of(
            person_id=PersonId(row.person_id),
            but=session_id,
            reason=EndReason.SIGNED_OUT_REMOTELY,
            actor=actor,
            now=now,
        )


def end_all_sessions(*, session_id: SessionId, actor: Actor, now: datetime) -> int:
    """Sign out everywhere: end all sessions of the same person, this one too, and return how many.

    :raises SessionOver: if this one is not under way, or is not the actor's.
    """
    with transaction.atomic():
        row = _own(_open_sessions(now).filter(pk=session_id), actor).first()
        if row is None:
            raise SessionOver
        end_session(session_id=session_id, reason=EndReason.SIGNED_OUT, actor=actor, now=now)
        reason = EndReason.SIGNED_OUT_REMOTELY
        return 1 + end_sessions_of(person_id=PersonId(row.person_id), but=None, reason=reason, actor=actor, now=now)


def end_sessions_of(
    *, person_id: PersonId, but: SessionId | None, reason: EndReason, actor: Actor, now: datetime
) -> int:
    """End all open sessions of a person, one excepted if named, and return how many."""
    with transaction.atomic():
        rows = Session.objects.filter(person_id=person_id, ended_at=None).exclude(pk=but or 0).order_by("pk")
        return sum(
            _end(Session.objects.filter(pk=row.pk), row, reason, ended_at=now, actor=actor, now=now) for row in rows
        )


def end_expired_sessions(*, limit: int, actor: Actor, now: datetime) -> int:
    """End up to `limit` sessions that have been idle too long or are too old, and return how many.

    They are over from the moment the time ran out, whether this has run or not; this writes it down and tells others.
    """
    idle, old = Q(last_seen_at__lte=now - rules.IDLE), Q(ends_at__lte=now)
    # Asked one after the other and in the order of its own index, so that neither walks past sessions long over.
    found = {
        row.pk: row for by, lapsed in (("last_seen_at", idle), ("ends_at", old)) for row in _lapsed(lapsed, by)[:limit]
    }
    ended = 0
    for row in list(found.values())[:limit]:
        at = rules.expires_at(last_seen_at=row.last_seen_at, ends_at=row.ends_at)
        reason = EndReason.TOO_OLD if at == row.ends_at else EndReason.IDLE
        with transaction.atomic():
            ended += _end(Session.objects.filter(idle | old, pk=row.pk), row, reason, ended_at=at, actor=actor, now=now)
    return ended


def _lapsed(condition: Q, by: str) -> QuerySet[Session]:
    return Session.objects.filter(condition, ended_at=None).order_by(by, "pk")


def _open_sessions(now: datetime) -> QuerySet[Session]:
    return Session.objects.filter(ended_at=None, last_seen_at__gt=now - rules.IDLE, ends_at__gt=now)


def _own(rows: QuerySet[Session], actor: Actor) -> QuerySet[Session]:
    """Narrow to what a person may touch: their own. Staff and the gateway itself were judged at the door."""
    return rows.filter(person_id=int(actor.id)) if actor.kind is ActorKind.PERSON else rows


def _end(
    rows: QuerySet[Session], row: Session, reason: EndReason, *, ended_at: datetime, actor: Actor, now: datetime
) -> int:
    """End the one session in `rows` unless it has ended, in the caller's transaction."""
    if not rows.filter(ended_at=None).update(ended_at=ended_at, end_reason=reason):
        return 0
    record(
        action="identity.session_ended",
        subject_kind="session",
        subject_id=str(row.pk),
        actor=actor,
        now=now,
        details={"person_id": row.person_id, "reason": reason},
    )
    publish(SessionEnded(session_id=row.pk, person_id=row.person_id, reason=reason), now=now)
    return 1
