"""Acting for somebody in a session: begun, held to the mandate at each use, ended."""

from datetime import datetime

from django.db import transaction

from kapi.contexts.identity import services as identity
from kapi.contexts.identity.errors import SessionOver
from kapi.contexts.identity.selectors import get_session
from kapi.contexts.identity.values import HistoryKind, LegalPersonId, SessionId, SignedIn
from kapi.contexts.mandates.errors import NotMandated
from kapi.contexts.mandates.models import Mandate
from kapi.contexts.mandates.selectors import find_mandate
from kapi.foundation.audit.services import record
from kapi.kernel.actors import Actor


def act_for(*, session_id: SessionId, principal_id: LegalPersonId, actor: Actor, now: datetime) -> SignedIn:
    """Let the session act for a legal person, on the mandate that its person has now.

    :raises NotMandated: if there is none that is good.
    :raises SessionOver: if the session is not under way, or is not the actor's.
    """
    with transaction.atomic():
        session = get_session(session_id=session_id, now=now)
        if session.actor != actor:
            raise SessionOver
        mandate = find_mandate(representative_id=session.person_id, principal_id=principal_id, now=now)
        # Locked and read again, so that it cannot end between the look and the choice.
        if mandate is None or not _still_stands(mandate.mandate_id):
            raise NotMandated
        if session.acting_for is None or session.acting_for.legal_person_id != principal_id:
            record(
                action="mandates.acting_begun",
                subject_kind="mandate",
                subject_id=str(mandate.mandate_id),
                actor=actor,
                now=now,
                details={"session_id": session_id, "legal_person_id": principal_id},
            )
        return identity.act_for_legal_person(session_id=session_id, legal_person_id=principal_id, actor=actor, now=now)


def stop_acting(*, session_id: SessionId, actor: Actor, now: datetime) -> SignedIn:
    """Let the session act for its person again. Where it does already nothing changes.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    """
    kind = HistoryKind.ACTING_FOR_ONESELF
    return identity.act_for_oneself(session_id=session_id, kind=kind, actor=actor, now=now)


def hold_to_mandate(*, signed_in: SignedIn, actor: Actor, now: datetime) -> SignedIn:
    """Return the session as it may go on: for itself from now on, if the mandate it acts on is good no more.

    Asks nothing where the session acts for its person, else one query.

    :raises SessionOver: if the session ended in this very moment.
    """
    principal = signed_in.acting_for
    if principal is None:
        return signed_in
    principal_id = principal.legal_person_id
    if find_mandate(representative_id=signed_in.person_id, principal_id=principal_id, now=now) is not None:
        return signed_in
    kind = HistoryKind.MANDATE_ENDED
    return identity.act_for_oneself(session_id=signed_in.session_id, kind=kind, actor=actor, now=now)


def _still_stands(mandate_id: int) -> bool:
    return Mandate.objects.select_for_update(of=("self",)).filter(pk=mandate_id, ended_at=None).exists()
