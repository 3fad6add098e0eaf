"""For whom a session acts. Whether it may is decided in `mandates`, which calls this; nothing else does."""

from datetime import datetime

from django.db import transaction

from kapi.contexts.identity import selectors
from kapi.contexts.identity.errors import SessionOver
from kapi.contexts.identity.models import Session
from kapi.contexts.identity.services.history import note_in_history
from kapi.contexts.identity.services.sessions import own_open_session
from kapi.contexts.identity.values import HistoryKind, LegalPersonId, PersonId, SessionId, SignedIn, Visitor
from kapi.foundation.audit.services import record
from kapi.kernel.actors import Actor


def act_for_legal_person(
    *, session_id: SessionId, legal_person_id: LegalPersonId, actor: Actor, now: datetime
) -> SignedIn:
    """Let the session act for a legal person from now on. Choosing the same one again changes nothing.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    """
    return _choose(session_id, legal_person_id, HistoryKind.ACTING_FOR, actor, now)


def act_for_oneself(*, session_id: SessionId, kind: HistoryKind, actor: Actor, now: datetime) -> SignedIn:
    """Let the session act for its person again; `kind` is what the history says of it: chosen, or the mandate's end.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    """
    return _choose(session_id, None, kind, actor, now)


def _choose(
    session_id: SessionId, legal_person_id: LegalPersonId | None, kind: HistoryKind, actor: Actor, now: datetime
) -> SignedIn:
    with transaction.atomic():
        own_open_session(session_id=session_id, actor=actor, now=now)
        row = Session.objects.select_for_update(of=("self",)).get(pk=session_id)
        if row.acting_for_id != legal_person_id:
            former = row.acting_for_id
            Session.objects.filter(pk=session_id).update(acting_for=legal_person_id)
            record(
                action=f"identity.{kind}",
                subject_kind="session",
                subject_id=str(session_id),
                actor=actor,
                now=now,
                details={"person_id": row.person_id, "legal_person_id": legal_person_id, "former": former},
            )
            note_in_history(
                person_id=PersonId(row.person_id),
                session_id=session_id,
                kind=kind,
                visitor=Visitor(network=row.network, browser=row.browser, system=row.system),
                legal_person_id=legal_person_id or (LegalPersonId(former) if former else None),
                actor=actor,
                now=now,
            )
        chosen = selectors.find_session_by_id(session_id=session_id, now=now)
    if chosen is None:
        raise SessionOver
    return chosen
