"""Adding, naming and removing what a person proves themselves with, whatever its kind.

What is particular to a kind stands in a module of its own (`passkeys`), which checks what was shown and then calls
`keep_authenticator`.
"""

from datetime import datetime

from django.db import transaction

from kapi.contexts.identity import selectors
from kapi.contexts.identity.errors import AuthenticatorNotFound, TooManyAuthenticators
from kapi.contexts.identity.events import AuthenticatorAdded, AuthenticatorRemoved
from kapi.contexts.identity.models import Account, Authenticator, Session
from kapi.contexts.identity.rules import recovery
from kapi.contexts.identity.rules.authenticators import (
    MOST,
    clean_name,
    name_at_first,
    proved_lately,
    session_is_as_strong_as_the_person,
)
from kapi.contexts.identity.services.cooling_off import check_cooling_off
from kapi.contexts.identity.services.history import NOWHERE, note_in_history
from kapi.contexts.identity.services.sessions import end_session, own_open_session
from kapi.contexts.identity.services.vouching import vouch_for_new
from kapi.contexts.identity.values import (
    AuthenticatorId,
    AuthenticatorKind,
    EndReason,
    HistoryKind,
    PersonId,
    SessionId,
    SignedIn,
    Visitor,
)
from kapi.foundation import keys
from kapi.foundation.audit.services import record
from kapi.foundation.outbox.services import publish
from kapi.kernel.actors import Actor


def check_may_change(*, session_id: SessionId, actor: Actor, now: datetime) -> SignedIn:
    """Return who is signed in, if they may now change what they prove themselves with.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    :raises ProveAgain: if they have proved themselves too long ago.
    :raises StrongerProofNeeded: if they have something stronger than what this session was proved with.
    """
    signed_in = own_open_session(session_id=session_id, actor=actor, now=now)
    proved_lately(signed_in, now)
    reachable = selectors.reachable_acrs(person_id=signed_in.person_id)
    session_is_as_strong_as_the_person(signed_in, reachable, now)
    return signed_in


def keep_authenticator(
    *,
    session_id: SessionId,
    kind: AuthenticatorKind,
    name: str | None,
    secret: str,
    finder: str | None = None,
    counter: int = 0,
    actor: Actor,
    now: datetime,
) -> AuthenticatorId:
    """Give whoever is signed in a further authenticator, whose holder has just shown that they have it.

    Call it in a transaction, once the challenge is consumed. Writes history and audit, and announces it. The session's
    evidence stays as it is: a kind that is to count at once says so by `strengthen_session`.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    :raises ProveAgain: if they have proved themselves too long ago.
    :raises StrongerProofNeeded: if they have something stronger than what this session was proved with.
    :raises NameRefused: if it cannot be called so.
    :raises TooManyAuthenticators: if they have as many as anybody may.
    """
    cleaned = name_at_first(name, kind)
    with transaction.atomic():
        # The account is locked so that parallel additions do not pass the limit or each other's rule together.
        Account.objects.select_for_update(of=("self",)).filter(person__sessions__pk=session_id).first()
        signed_in = check_may_change(session_id=session_id, actor=actor, now=now)
        if Authenticator.objects.filter(person_id=signed_in.person_id).count() >= MOST:
            raise TooManyAuthenticators
        row = Authenticator.objects.create(
            person_id=signed_in.person_id,
            kind=kind,
            name=cleaned,
            secret_sealed=keys.seal(secret, purpose=selectors.AUTHENTICATOR),
            finder=finder,
            counter=counter,
            added_at=now,
        )
        visitor = selectors.visitor_of(Session.objects.get(pk=session_id))
        _write_down(row, HistoryKind.AUTHENTICATOR_ADDED, session_id=session_id, visitor=visitor, actor=actor, now=now)
        publish(AuthenticatorAdded(authenticator_id=row.pk, person_id=row.person_id, kind=kind), now=now)
        vouch_for_new(authenticator_id=AuthenticatorId(row.pk), kind=kind, signed_in=signed_in, actor=actor, now=now)
    return AuthenticatorId(row.pk)


def rename_authenticator(
    *, session_id: SessionId, authenticator_id: AuthenticatorId, name: str, actor: Actor, now: datetime
) -> None:
    """Call an authenticator otherwise.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    :raises NameRefused: if it cannot be called so.
    :raises AuthenticatorNotFound: if there is none of this id, or it is somebody else's.
    """
    signed_in = own_open_session(session_id=session_id, actor=actor, now=now)
    cleaned = clean_name(name)
    with transaction.atomic():
        if not Authenticator.objects.filter(pk=authenticator_id, person_id=signed_in.person_id).update(name=cleaned):
            raise AuthenticatorNotFound
        record(
            action="identity.authenticator_renamed",
            subject_kind="authenticator",
            subject_id=str(authenticator_id),
            actor=actor,
            now=now,
            details={"person_id": signed_in.person_id},
        )


def remove_authenticator(
    *, session_id: SessionId, authenticator_id: AuthenticatorId, actor: Actor, now: datetime
) -> None:
    """Take an authenticator away: nothing is proved with it any more, and the other sessions that it has proved end.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    :raises ProveAgain: if they have proved themselves too long ago.
    :raises StrongerProofNeeded: if they have something stronger than what this session was proved with.
    :raises AuthenticatorNotFound: if there is none of this id, or it is somebody else's.
    :raises StillCoolingOff: if it was there before a recovery of the last day.
    """
    with transaction.atomic():
        signed_in = check_may_change(session_id=session_id, actor=actor, now=now)
        rows = Authenticator.objects.select_for_update(of=("self",))
        row = rows.filter(pk=authenticator_id, person_id=signed_in.person_id).first()
        if row is None:
            raise AuthenticatorNotFound
        check_cooling_off(session_id=session_id, added_at=row.added_at, actor=actor, now=now)
        _remove(row, session_id, selectors.visitor_of(Session.objects.get(pk=session_id)), actor, now)
        _end_sessions_proved_by(row, session_id, actor, now)
        _remove_idle_recovery_codes(row, session_id, actor, now)


def remove_all_authenticators(*, person_id: PersonId, actor: Actor, now: datetime) -> int:
    """Take away all that a person has added, because the account is handed back at a desk; return how many."""
    with transaction.atomic():
        rows = list(Authenticator.objects.select_for_update(of=("self",)).filter(person_id=person_id).order_by("pk"))
        for row in rows:
            _remove(row, None, NOWHERE, actor, now)
    return len(rows)


def _remove(row: Authenticator, session_id: SessionId | None, visitor: Visitor, actor: Actor, now: datetime) -> None:
    _write_down(row, HistoryKind.AUTHENTICATOR_REMOVED, session_id=session_id, visitor=visitor, actor=actor, now=now)
    publish(AuthenticatorRemoved(authenticator_id=row.pk, person_id=row.person_id, kind=row.kind), now=now)
    Authenticator.objects.filter(pk=row.pk).delete()


def _remove_idle_recovery_codes(row: Authenticator, session_id: SessionId, actor: Actor, now: datetime) -> None:
    """Take the printed codes away with the last of what they stand in for: alone they would only bar their owner."""
    left = Authenticator.objects.filter(person_id=row.person_id).order_by("pk")
    if left.filter(kind__in=recovery.STANDS_IN_FOR).exists():
        return
    for codes in left.filter(kind=AuthenticatorKind.RECOVERY_CODES):
        _remove(codes, session_id, selectors.visitor_of(Session.objects.get(pk=session_id)), actor, now)


def _end_sessions_proved_by(row: Authenticator, but: SessionId, actor: Actor, now: datetime) -> None:
    sessions = Session.objects.filter(person_id=row.person_id, ended_at=None).exclude(pk=but).order_by("pk")
    for session in sessions:
        if any(proof.authenticator_id == row.pk for proof in selectors.proofs_of(session)):
            reason = EndReason.AUTHENTICATOR_REMOVED
            end_session(session_id=SessionId(session.pk), reason=reason, actor=actor, now=now)


def _write_down(
    row: Authenticator,
    kind: HistoryKind,
    *,
    session_id: SessionId | None,
    visitor: Visitor,
    actor: Actor,
    now: datetime,
) -> None:
    note_in_history(
        person_id=PersonId(row.person_id),
        session_id=session_id,
        kind=kind,
        visitor=visitor,
        means=(row.kind,),
        actor=actor,
        now=now,
    )
    record(
        action=f"identity.{kind}",
        subject_kind="authenticator",
        subject_id=str(row.pk),
        actor=actor,
        now=now,
        details={"person_id": row.person_id, "kind": row.kind},
    )
