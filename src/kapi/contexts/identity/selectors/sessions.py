"""Questions about sessions: whose one is, whether it stands, for whom it acts."""

from datetime import datetime

from django.db.models import Exists, OuterRef

from kapi.contexts.identity.errors import SessionOver
from kapi.contexts.identity.models import LegalPerson, Session
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
from kapi.foundation.statements import Question, Slot

LONGEST_TOKEN = 200
_WHOLE = ("person__account", "acting_for")
_OF_TOKEN = Question(
    lambda: Session.objects.select_related(*_WHOLE).filter(token_hash=Slot("token_hash"), ended_at=None)
)
_OF_ID = Question(lambda: Session.objects.select_related(*_WHOLE).filter(pk=Slot("id"), ended_at=None))
_STANDING = Question(
    lambda: Session.objects.filter(pk=Slot("id"), ended_at=None).values_list("last_seen_at", "ends_at")
)


def find_session(*, token: str, now: datetime) -> SignedIn | None:
    """Return who the cookie's token stands for, if the session is under way. One query."""
    if not token.isascii() or len(token) > LONGEST_TOKEN:
        return None
    return _signed_in(_OF_TOKEN.first(token_hash=keys.token_hash(token)), now)


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


def _signed_in(row: Session | None, now: datetime) -> SignedIn | None:
    if row is None or not session_rules.is_under_way(last_seen_at=row.last_seen_at, ends_at=row.ends_at, now=now):
        return None
    expires_at = session_rules.expires_at(last_seen_at=row.last_seen_at, ends_at=row.ends_at)
    proofs = proofs_of(row)
    return SignedIn(
        session_id=SessionId(row.pk),
        person_id=PersonId(row.person_id),
        given_names=row.person.given_names,
        family_name=row.person.family_name or None,
        proofs=proofs,
        assurances=assurance_rules.assess(proofs, Proofing(row.person.account.proofing)),
        must_change_password=row.person.account.state != AccountState.ACTIVE,
        last_seen_at=row.last_seen_at,
        warn_at=expires_at - session_rules.WARNING,
        expires_at=expires_at,
        ends_at=row.ends_at,
        acting_for=_principal(row.acting_for),
    )


def _principal(row: LegalPerson | None) -> Principal | None:
    return Principal(legal_person_id=LegalPersonId(row.pk), name=row.name) if row else None


def proofs_of(row: Session) -> tuple[Proof, ...]:
    """Return what a session's row has recorded."""
    return assurance_rules.read_evidence(row.evidence) or assurance_rules.former_evidence(
        amr=row.amr, authenticated_at=row.authenticated_at
    )
