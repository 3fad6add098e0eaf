"""What a session has recorded of how its person proved themselves."""

import secrets
from datetime import datetime

from django.db import transaction

from kapi.contexts.identity import selectors
from kapi.contexts.identity.errors import SessionOver
from kapi.contexts.identity.events import SessionRenewed
from kapi.contexts.identity.models import Session
from kapi.contexts.identity.rules.assurance import evidence_columns, with_proof
from kapi.contexts.identity.services.history import note_in_history
from kapi.contexts.identity.services.sessions import own_open_session
from kapi.contexts.identity.values import HistoryKind, Proof, Proofing, RenewedSession, SessionId
from kapi.foundation import keys
from kapi.foundation.audit.services import record
from kapi.foundation.outbox.services import publish
from kapi.kernel.actors import Actor


def strengthen_session(*, session_id: SessionId, proof: Proof, actor: Actor, now: datetime) -> RenewedSession:
    """Add to a session a proof that was just given and checked: stepping up (RFC 9470), in the caller's transaction.

    Call it once the one-time thing that was shown is consumed. Every authenticator comes through here, so that no
    other code decides what a proof is worth. The session keeps its id and its ends, and goes on under a new token.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    """
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        signed_in = own_open_session(session_id=session_id, actor=actor, now=now)
        rows = Session.objects.select_related("person__account").select_for_update(of=("self",))
        row = rows.filter(pk=session_id, ended_at=None).first()
        if row is None:
            raise SessionOver
        columns = evidence_columns(
            proofs=with_proof(selectors.proofs_of(row), proof), proofing=Proofing(row.person.account.proofing)
        )
        Session.objects.filter(pk=session_id).update(token_hash=keys.token_hash(token), last_seen_at=now, **columns)
        note_in_history(
            person_id=signed_in.person_id,
            session_id=session_id,
            kind=HistoryKind.STEPPED_UP,
            visitor=selectors.visitor_of(row),
            means=(proof.method,),
            actor=actor,
            now=now,
        )
        record(
            action="identity.session_strengthened",
            subject_kind="session",
            subject_id=str(session_id),
            actor=actor,
            now=now,
            details={"person_id": signed_in.person_id, "method": proof.method, "acr": columns["acr"]},
        )
        publish(SessionRenewed(session_id=session_id, person_id=signed_in.person_id), now=now)
        renewed = selectors.get_session(session_id=session_id, now=now)
    return RenewedSession(token=token, signed_in=renewed)
