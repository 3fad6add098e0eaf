"""What happens behind every door, once somebody has proved who they are: the device is known again, a session begins.

Or one that is under way goes on, as fresh as a new one. Both in the caller's transaction, which has consumed what was
shown.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from kapi.contexts.identity import selectors
from kapi.contexts.identity.errors import SessionOver
from kapi.contexts.identity.events import SessionRenewed, SessionStarted
from kapi.contexts.identity.models import KnownDevice, Session, UsedChallenge
from kapi.contexts.identity.rules import sessions as session_rules
from kapi.contexts.identity.rules.assurance import evidence_columns
from kapi.contexts.identity.rules.visitors import Caller
from kapi.contexts.identity.services.history import note_in_history
from kapi.contexts.identity.values import (
    HistoryKind,
    PersonId,
    Proof,
    Proofing,
    SessionId,
    StartedSession,
    Visitor,
)
from kapi.foundation import keys
from kapi.foundation.audit.services import record
from kapi.foundation.chains import Chain, Updating
from kapi.foundation.inserts import insert, insert_once
from kapi.foundation.outbox.services import publish
from kapi.foundation.statements import Change, Slot
from kapi.kernel.actors import Actor

PLACE = "sign-in-place"  # the purpose under which networks of known devices are digested
_HAND_ON = Change(lambda: KnownDevice.objects.filter(token_hash=Slot("former")), token_hash=Slot("token_hash"))
_SEE_AGAIN = Chain(
    Updating(
        lambda: KnownDevice.objects.filter(account_id=Slot("account_id"), token_hash=Slot("token_hash")),
        last_seen_at=Slot("now"),
        place_digest=Slot("place_digest"),
    )
)


@dataclass(frozen=True)
class Arrival:
    """Who has proved that it is them, in which ways, and where they come from.

    `device_token` is empty on an unknown device.
    """

    person_id: PersonId
    proofing: Proofing
    proofs: tuple[Proof, ...]
    device_token: str
    place: str
    visitor: Visitor

    @classmethod
    def of(cls, caller: Caller, *, person_id: PersonId, proofing: Proofing, proof: Proof) -> Self:
        """Return the arrival of whoever has shown what says by itself whose it is."""
        return cls(
            person_id=person_id,
            proofing=proofing,
            proofs=(proof,),
            device_token=caller.device_token,
            place=caller.place,
            visitor=caller.visitor,
        )


def use_up(*, challenge: str, expires_at: datetime, actor: Actor, now: datetime) -> bool:
    """Consume a challenge that is ours: the unique row is the one atomic statement. It is kept while it could pass.

    Return whether it was good: False if it was answered before.
    """
    return insert_once(UsedChallenge, challenge_hash=keys.token_hash(challenge), expires_at=expires_at)


def begin_session(*, arrival: Arrival, kind: HistoryKind, actor: Actor, now: datetime) -> StartedSession:
    """Recognise the device and start a session."""
    token, device_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    device_id = _recognise_device(arrival, device_token, now)
    columns = _proved_now(arrival, token, device_id, now)
    key = insert(Session, person_id=arrival.person_id, started_at=now, end_reason="", **columns)
    session_id, details = SessionId(key), {"person_id": arrival.person_id, "kind": kind}
    _write_down("identity.session_started", kind, arrival, session_id=session_id, details=details, actor=actor, now=now)
    publish(SessionStarted(session_id=session_id, person_id=arrival.person_id), now=now)
    signed_in = selectors.get_session(session_id=session_id, now=now)
    return StartedSession(token=token, device_token=device_token, signed_in=signed_in)


def renew_session(*, session_id: SessionId, arrival: Arrival, actor: Actor, now: datetime) -> StartedSession:
    """Give the session a new token, the moment of this proof and its full time again; recognise the device.

    :raises SessionOver: if it has ended.
    """
    token, device_token = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    device_id = _recognise_device(arrival, device_token, now)
    changes = _proved_now(arrival, token, device_id, now)
    if not Session.objects.filter(pk=session_id, person_id=arrival.person_id, ended_at=None).update(**changes):
        raise SessionOver
    kind, details = HistoryKind.REAUTHENTICATED, {"person_id": arrival.person_id}
    _write_down("identity.session_renewed", kind, arrival, session_id=session_id, details=details, actor=actor, now=now)
    publish(SessionRenewed(session_id=session_id, person_id=arrival.person_id), now=now)
    signed_in = selectors.get_session(session_id=session_id, now=now)
    return StartedSession(token=token, device_token=device_token, signed_in=signed_in)


def _recognise_device(arrival: Arrival, device_token: str, now: datetime) -> int:
    """Remember the device under a new token, for all accounts it stands for; a copy of the old one is worthless."""
    whose = {"account_id": int(arrival.person_id), "token_hash": keys.token_hash(device_token)}
    place_digest = keys.digest(arrival.place, purpose=PLACE)
    device_id: int | None = None
    if arrival.device_token and _HAND_ON.make(former=keys.token_hash(arrival.device_token), **whose):
        device_id = _SEE_AGAIN.make({"now": now, "place_digest": place_digest, **whose})
    if device_id is None:
        seen = {"first_seen_at": now, "last_seen_at": now, "place_digest": place_digest}
        device_id = insert(KnownDevice, **seen, **whose)
    return device_id


def _proved_now(arrival: Arrival, token: str, device_id: int, now: datetime) -> dict[str, Any]:
    """Return the columns that say who holds the session, how it is proved, and how long it may go on.

    The evidence begins anew: who is asked to prove once more that it is them cannot lean on former proofs.
    """
    return {
        **evidence_columns(proofs=arrival.proofs, proofing=arrival.proofing),
        "device_id": device_id,
        "token_hash": keys.token_hash(token),
        "last_seen_at": now,
        "ends_at": now + session_rules.LONGEST,
        "network": arrival.visitor.network,
        "browser": arrival.visitor.browser,
        "system": arrival.visitor.system,
    }


def _write_down(
    action: str,
    kind: HistoryKind,
    arrival: Arrival,
    *,
    session_id: SessionId,
    details: dict[str, Any],
    actor: Actor,
    now: datetime,
) -> None:
    note_in_history(
        person_id=arrival.person_id,
        session_id=session_id,
        kind=kind,
        visitor=arrival.visitor,
        means=dict.fromkeys(proof.method for proof in arrival.proofs),
        actor=actor,
        now=now,
    )
    record(action=action, subject_kind="session", subject_id=str(session_id), actor=actor, now=now, details=details)
