"""Questions about sessions: whose one is, whether it stands, for whom it acts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Subquery

from kapi.contexts.identity.errors import SessionOver
from kapi.contexts.identity.models import Session
from kapi.contexts.identity.rules import assurance as assurance_rules
from kapi.contexts.identity.rules import sessions as session_rules
from kapi.contexts.identity.selectors.history import visitor_of
from kapi.contexts.identity.values import (
    AccountState,
    LegalPersonId,
    PersonId,
    Principal,
    Proof,
    Proofing,
    SessionId,
    SessionView,
    SignedIn,
)
from kapi.foundation import keys
from kapi.foundation.statements import Asking, Question, Slot

LONGEST_TOKEN = 200
_COLUMNS = (
    *("pk", "person_id", "person__given_names", "person__family_name"),
    *("person__account__proofing", "person__account__state"),
    *("evidence", "amr", "authenticated_at", "last_seen_at", "ends_at", "acting_for_id", "acting_for__name"),
)
_OF_TOKEN = Question(
    lambda: Session.objects.filter(token_hash=Slot("token_hash"), ended_at=None).values_list(*_COLUMNS)
)
_OF_ID = Question(lambda: Session.objects.filter(pk=Slot("id"), ended_at=None).values_list(*_COLUMNS))
_STANDING = Question(
    lambda: Session.objects.filter(pk=Slot("id"), ended_at=None).values_list("last_seen_at", "ends_at")
)


def find_session(*, token: str, now: datetime) -> SignedIn | None:
    """Return who the cookie's token stands for, if the session is under way. One query."""
    asking = asking_for_session(token=token, now=now)
    return None if asking is None else asking.alone()


def asking_for_session(*, token: str, now: datetime) -> Asking[SignedIn | None] | None:
    """Return that as something to be asked together with others; None where nothing is asked: it is no token."""
    if not token.isascii() or len(token) > LONGEST_TOKEN:
        return None
    return _OF_TOKEN.asking(lambda columns: _signed_in(columns, now), token_hash=keys.token_hash(token))


def person_of_session() -> Subquery:
    """Return the number of the person whose session has the token whose hash goes in the slot `session_hash`."""
    return Subquery(Session.objects.filter(token_hash=Slot("session_hash"), ended_at=None).values("person_id"))


def find_session_by_id(*, session_id: SessionId, now: datetime) -> SignedIn | None:
    """Return whose session it is, if it is under way. One query."""
    return _signed_in(_OF_ID.first(id=session_id), now)


def is_session_under_way(*, session_id: SessionId, now: datetime) -> bool:
    """Tell whether a session stands, without asking whose it is. One narrow query."""
    rows = _STANDING.all(id=session_id)
    return any(session_rules.is_under_way(last_seen_at=seen, ends_at=ends, now=now) for seen, ends in rows)


def where_session_is_under_way(number: str) -> Exists:
    """Return the condition that the session stands whose number is in this column, for a query of another context.

    It has the slots that `moments_of_standing` fills.
    """
    rows = Session.objects.filter(pk=OuterRef(number), ended_at=None)
    return Exists(rows.filter(last_seen_at__gt=Slot("idle_since"), ends_at__gt=Slot("now")))


def moments_of_standing(now: datetime) -> dict[str, datetime]:
    """Return what goes in the slots of `where_session_is_under_way`."""
    return {"idle_since": now - session_rules.IDLE, "now": now}


def get_session(*, session_id: SessionId, now: datetime) -> SignedIn:
    """Return whose session it is.

    :raises SessionOver: if it is not under way.
    """
    signed_in = find_session_by_id(session_id=session_id, now=now)
    if signed_in is None:
        raise SessionOver
    return signed_in


def people_acting_for_others(*, limit: int, now: datetime) -> list[PersonId]:
    """List people with a session under way that acts for a legal person, in the order of their numbers here."""
    rows = Session.objects.filter(acting_for__isnull=False, ended_at=None, ends_at__gt=now)
    people = rows.filter(last_seen_at__gt=now - session_rules.IDLE).values_list("person_id", flat=True)
    return [PersonId(pk) for pk in people.order_by("person_id").distinct()[:limit]]


def sessions_of(*, person_id: PersonId, now: datetime) -> tuple[SessionView, ...]:
    """List the sessions under way, the last seen first."""
    rows = Session.objects.filter(person_id=person_id, ended_at=None, last_seen_at__gt=now - session_rules.IDLE)
    return tuple(
        SessionView(
            session_id=SessionId(row.pk),
            started_at=row.started_at,
            last_seen_at=row.last_seen_at,
            expires_at=session_rules.expires_at(last_seen_at=row.last_seen_at, ends_at=row.ends_at),
            visitor=visitor_of(row),
        )
        for row in rows.filter(ends_at__gt=now).order_by("-last_seen_at", "-pk")
    )


def _signed_in(columns: tuple[Any, ...] | None, now: datetime) -> SignedIn | None:
    if columns is None:
        return None
    session_id, person_id, given_names, family_name, proofing, state, *moments, acting_for_id, acting_for_name = columns
    evidence, amr, authenticated_at, last_seen_at, ends_at = moments
    if not session_rules.is_under_way(last_seen_at=last_seen_at, ends_at=ends_at, now=now):
        return None
    expires_at = session_rules.expires_at(last_seen_at=last_seen_at, ends_at=ends_at)
    proofs = _proofs(evidence, amr, authenticated_at)
    return SignedIn(
        session_id=SessionId(session_id),
        person_id=PersonId(person_id),
        given_names=given_names,
        family_name=family_name or None,
        proofs=proofs,
        assurances=assurance_rules.assess(proofs, Proofing(proofing)),
        must_change_password=state != AccountState.ACTIVE,
        last_seen_at=last_seen_at,
        warn_at=expires_at - session_rules.WARNING,
        expires_at=expires_at,
        ends_at=ends_at,
        acting_for=_principal(acting_for_id, acting_for_name),
    )


def _principal(number: int | None, name: str) -> Principal | None:
    return None if number is None else Principal(legal_person_id=LegalPersonId(number), name=name)


def proofs_of(row: Session) -> tuple[Proof, ...]:
    """Return what a session's row has recorded."""
    return _proofs(row.evidence, row.amr, row.authenticated_at)


def _proofs(evidence: Sequence[Mapping[str, object]], amr: str, authenticated_at: datetime) -> tuple[Proof, ...]:
    return assurance_rules.read_evidence(evidence) or assurance_rules.former_evidence(
        amr=amr, authenticated_at=authenticated_at
    )
