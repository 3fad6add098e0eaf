"""The help desk: staff look at how somebody's account stands, and help, while its owner agrees and watches.

Nothing here signs anybody in or acts as somebody else: the deeds are the member of staff's own, in the audit trail and
in the owner's history. The owner reads out a code that is good once; sees who asks, and agrees; may end it at any
moment; and it ends by itself, also when the owner signs out.
"""

from datetime import datetime
from typing import Final

from django.db import transaction

from kapi.contexts.identity import selectors
from kapi.contexts.identity.errors import (
    AssistanceOver,
    AuthenticatorNotFound,
    OwnAssistance,
    SupportCodeRefused,
    TooManyAttempts,
)
from kapi.contexts.identity.events import AssistanceAgreed
from kapi.contexts.identity.models import Account, Assistance, AssistanceDeed, Authenticator, KnownDevice, SupportCode
from kapi.contexts.identity.rules import assistance as rules
from kapi.contexts.identity.rules import budgets, sent_codes
from kapi.contexts.identity.selectors.assistance import SUPPORT_CODE, assisted_account
from kapi.contexts.identity.services.history import NOWHERE, note_in_history
from kapi.contexts.identity.services.sessions import end_sessions_of, own_open_session
from kapi.contexts.identity.services.tries import count_try
from kapi.contexts.identity.values import (
    AssistanceEnd,
    AssistanceId,
    AssistanceState,
    AssistedAccount,
    AuthenticatorId,
    DeedKind,
    EndReason,
    HistoryKind,
    Lane,
    PersonId,
    SessionId,
    ShownSupportCode,
)
from kapi.foundation import keys
from kapi.foundation.audit.services import record
from kapi.foundation.limits.services import foresee, forget, refund
from kapi.foundation.limits.values import Budget
from kapi.foundation.outbox.services import publish
from kapi.kernel.actors import Actor, ActorKind

# What `second_step` calls the lanes of an app's codes and of codes that were sent.
_CODES: Final = ("totp", "sent")


def make_support_code(*, session_id: SessionId, actor: Actor, now: datetime) -> ShownSupportCode:
    """Make a code that whoever is signed in reads out to the help desk: good for five minutes and once.

    It takes an earlier one's place, is returned this once, and kept as a keyed digest only.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    :raises TooManyAttempts: if somebody makes one after the other.
    """
    signed_in = own_open_session(session_id=session_id, actor=actor, now=now)
    count_try(key=f"support-codes:{signed_in.person_id}", budgets=budgets.SUPPORT_CODES, actor=actor, now=now)
    code, expires_at = rules.make_support_code(), now + rules.CODE_VALID_FOR
    with transaction.atomic():
        # The account is locked so that of two codes made at once the second takes the first one's place.
        Account.objects.select_for_update(of=("self",)).filter(pk=signed_in.person_id).first()
        SupportCode.objects.filter(person_id=signed_in.person_id).delete()
        SupportCode.objects.create(
            person_id=signed_in.person_id,
            code_digest=keys.digest(rules.read_support_code(code), purpose=SUPPORT_CODE),
            made_at=now,
            expires_at=expires_at,
        )
    return ShownSupportCode(code=code, expires_at=expires_at)


def ask_to_assist(*, code: str, session_id: SessionId, actor: Actor, now: datetime) -> AssistanceId:
    """Ask whoever has read out the code for their agreement; nothing of them is shown before they give it.

    `session_id` is the session of the member of staff, to which the help is bound; `actor` names the institution in
    whose service they ask. Call it outside a transaction, for a wrong code has to leave its count.

    :raises SupportCodeRefused: if the code is nobody's, was used before, or is too old.
    :raises TooManyAttempts: if too many wrong ones came before.
    :raises OwnAssistance: if it is the actor's own; it stays good.
    """
    tries = f"support-code-tries:{actor.id}"
    count_try(key=tries, budgets=budgets.SUPPORT_CODE_TRIES, actor=actor, now=now)
    read = rules.read_support_code(code)
    open_now = SupportCode.objects.filter(used_at=None, expires_at__gt=now)
    row = open_now.filter(code_digest__in=keys.digests(read, purpose=SUPPORT_CODE) if read else []).first()
    if row is None:
        raise SupportCodeRefused
    if str(row.person_id) == actor.id:
        raise OwnAssistance
    refund(key=tries, budgets=budgets.SUPPORT_CODE_TRIES, now=now)
    with transaction.atomic():
        # The account is locked so that two who ask at once, each with a code, do so one after the other.
        Account.objects.select_for_update(of=("self",)).filter(pk=row.person_id).first()
        # The one statement that uses the code up, before anything rests on it.
        if not open_now.filter(pk=row.pk).update(used_at=now):
            raise SupportCodeRefused
        for former in Assistance.objects.select_for_update(of=("self",)).filter(person_id=row.person_id, ended_at=None):
            _close(former, AssistanceEnd.REPLACED, now)
        asked = Assistance.objects.create(
            person_id=row.person_id,
            staff_id=int(actor.id),
            staff_session_id=session_id,
            institution_code=actor.institution_code,
            asked_at=now,
            answer_until=now + rules.ANSWER_WITHIN,
        )
        _audit("identity.assistance_asked", asked, actor, now)
    return AssistanceId(asked.pk)


def agree_to_assistance(*, assistance_id: AssistanceId, session_id: SessionId, actor: Actor, now: datetime) -> datetime:
    """Let the member of staff who asks look at one's account for a quarter of an hour; return until when.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    :raises AssistanceOver: if nobody asks (any more), or somebody else is asked.
    """
    ends_at = now + rules.LASTS
    with transaction.atomic():
        signed_in = own_open_session(session_id=session_id, actor=actor, now=now)
        asked = Assistance.objects.filter(pk=assistance_id, person_id=signed_in.person_id, ended_at=None)
        answered = asked.filter(agreed_at=None, answer_until__gt=now).update(
            agreed_at=now, ends_at=ends_at, agreed_session_id=session_id
        )
        if not answered:
            raise AssistanceOver
        row = asked.get()
        _note(row, HistoryKind.ASSISTANCE_AGREED, now)
        _audit("identity.assistance_agreed", row, actor, now, ends_at=ends_at.isoformat())
        publish(AssistanceAgreed(assistance_id=row.pk, person_id=row.person_id), now=now)
    return ends_at


def end_assistance(*, assistance_id: AssistanceId, actor: Actor, now: datetime) -> None:
    """End it, or say no: by the owner or by who helps. Ending it again changes nothing.

    :raises AssistanceOver: if there never was one that is the actor's.
    """
    with transaction.atomic():
        row = Assistance.objects.select_for_update(of=("self",)).filter(pk=assistance_id).first()
        if row is None or actor.id != str(row.person_id if actor.kind is ActorKind.PERSON else row.staff_id):
            raise AssistanceOver
        state = _state(row, now)
        if state is AssistanceState.ENDED:
            return
        by_owner = AssistanceEnd.DECLINED if state is AssistanceState.ASKED else AssistanceEnd.BY_CITIZEN
        reason = by_owner if actor.kind is ActorKind.PERSON else AssistanceEnd.BY_STAFF
        _close(row, reason, now)
        if state is AssistanceState.AGREED:
            _note(row, HistoryKind.ASSISTANCE_ENDED, now)
        _audit("identity.assistance_ended", row, actor, now, reason=reason)


def look_at_account(
    *, assistance_id: AssistanceId, session_id: SessionId, actor: Actor, now: datetime
) -> AssistedAccount:
    """Return what the owner has agreed to show, and write down, once, that it was looked at.

    :raises AssistanceOver: if it is not under way, or not this member of staff's in this session.
    """
    with transaction.atomic():
        row = _under_way(assistance_id, session_id, actor, now)
        if not AssistanceDeed.objects.filter(assistance=row, kind=DeedKind.LOOKED).exists():
            _do(row, DeedKind.LOOKED, "", actor, now)
    person_id = PersonId(row.person_id)
    full = tuple(lane for lane in Lane if _is_full(lane, person_id, now))
    return assisted_account(assistance_id=AssistanceId(row.pk), full_lanes=full, now=now)


def end_sessions_in_assistance(
    *, assistance_id: AssistanceId, session_id: SessionId, actor: Actor, now: datetime
) -> int:
    """End all sessions of the owner but the one in which they agreed, and return how many.

    :raises AssistanceOver: if it is not under way, or not this member of staff's in this session.
    """
    with transaction.atomic():
        row = _under_way(assistance_id, session_id, actor, now)
        ended = end_sessions_of(
            person_id=PersonId(row.person_id),
            but=SessionId(row.agreed_session_id or 0),
            reason=EndReason.ENDED_BY_HELP_DESK,
            actor=actor,
            now=now,
        )
        _do(row, DeedKind.SESSIONS_ENDED, str(ended), actor, now)
    return ended


def suggest_removal(
    *,
    assistance_id: AssistanceId,
    session_id: SessionId,
    authenticator_id: AuthenticatorId,
    actor: Actor,
    now: datetime,
) -> None:
    """Point the owner to a lost authenticator. They alone remove it, with a proof of their own as strong as ever.

    :raises AssistanceOver: if it is not under way, or not this member of staff's in this session.
    :raises AuthenticatorNotFound: if the owner has none of this id.
    """
    with transaction.atomic():
        row = _under_way(assistance_id, session_id, actor, now)
        if not Authenticator.objects.filter(pk=authenticator_id, person_id=row.person_id).exists():
            raise AuthenticatorNotFound
        _do(row, DeedKind.REMOVAL_SUGGESTED, str(authenticator_id), actor, now)


def release_lane(
    *, assistance_id: AssistanceId, session_id: SessionId, lane: Lane, actor: Actor, now: datetime
) -> None:
    """Let tries be heard again that a full lane keeps out: once for each lane while helping.

    :raises AssistanceOver: if it is not under way, or not this member of staff's in this session.
    :raises TooManyAttempts: if this lane was released already.
    """
    with transaction.atomic():
        row = _under_way(assistance_id, session_id, actor, now)
        if AssistanceDeed.objects.filter(assistance=row, kind=DeedKind.LANE_RELEASED, detail=lane).exists():
            raise TooManyAttempts(rules.LASTS)
        _do(row, DeedKind.LANE_RELEASED, lane, actor, now)
    for key, budget in _counters(lane, PersonId(row.person_id)):
        forget(key=key, budgets=budget)


def point_to_desk(*, assistance_id: AssistanceId, session_id: SessionId, actor: Actor, now: datetime) -> None:
    """Tell the owner that only a desk can help, and why nobody else may.

    :raises AssistanceOver: if it is not under way, or not this member of staff's in this session.
    """
    with transaction.atomic():
        _do(_under_way(assistance_id, session_id, actor, now), DeedKind.POINTED_TO_DESK, "", actor, now)


def _under_way(assistance_id: AssistanceId, session_id: SessionId, actor: Actor, now: datetime) -> Assistance:
    """Lock it, and see that the owner still agrees and is still there."""
    row = Assistance.objects.select_for_update(of=("self",)).filter(pk=assistance_id).first()
    if row is None or (actor.id, session_id) != (str(row.staff_id), row.staff_session_id):
        raise AssistanceOver
    agreed_in = SessionId(row.agreed_session_id or 0)
    if _state(row, now) is not AssistanceState.AGREED or not selectors.is_session_under_way(
        session_id=agreed_in, now=now
    ):
        raise AssistanceOver
    return row


def _state(row: Assistance, now: datetime) -> AssistanceState:
    return rules.state_of(
        agreed_at=row.agreed_at,
        ends_at=row.ends_at,
        answer_until=row.answer_until,
        ended=row.ended_at is not None,
        now=now,
    )


def _close(row: Assistance, reason: AssistanceEnd, now: datetime) -> None:
    """Write down how it ended; what had run out by itself ended then, and not now."""
    ran_out_at = row.ends_at or row.answer_until
    row.ended_at, row.end_reason = (ran_out_at, AssistanceEnd.BY_TIME) if ran_out_at <= now else (now, reason)
    row.save(update_fields=["ended_at", "end_reason"])


def _do(row: Assistance, kind: DeedKind, detail: str, actor: Actor, now: datetime) -> None:
    AssistanceDeed.objects.create(assistance=row, kind=kind, detail=detail, at=now)
    _audit(f"identity.assistance_{kind}", row, actor, now, detail=detail)


def _note(row: Assistance, kind: HistoryKind, now: datetime) -> None:
    """Write a line into the owner's history that names the helper, whoever of the two has just acted."""
    helper = Actor(ActorKind.STAFF, str(row.staff_id), row.institution_code)
    note_in_history(
        person_id=PersonId(row.person_id), session_id=None, kind=kind, visitor=NOWHERE, actor=helper, now=now
    )


def _audit(action: str, row: Assistance, actor: Actor, now: datetime, **more: object) -> None:
    details: dict[str, object] = {"person_id": row.person_id, "staff_id": row.staff_id, **more}
    record(action=action, subject_kind="assistance", subject_id=str(row.pk), actor=actor, now=now, details=details)


def _is_full(lane: Lane, person_id: PersonId, now: datetime) -> bool:
    return any(not foresee(key=key, budgets=budget, now=now).allowed for key, budget in _counters(lane, person_id))


def _counters(lane: Lane, person_id: PersonId) -> list[tuple[str, tuple[Budget, ...]]]:
    """Return the counters of a lane that are the owner's alone; those of origins are others' as well."""
    if lane is Lane.PRESENT_PASSWORD:
        return [(f"present-password:{person_id}", budgets.PRESENT_PASSWORD)]
    devices = KnownDevice.objects.filter(account_id=person_id).order_by("pk").values_list("pk", flat=True)
    if lane is Lane.PASSWORD:
        number = selectors.get_person_record(person_id=person_id).identity_number.digits
        own = [(f"sign-in:device:{pk}", budgets.DEVICE) for pk in devices]
        return [(f"sign-in:number:{number}", budgets.NUMBER), *own]
    own = [(f"second-step:{what}:device:{pk}", budgets.SECOND_STEP_DEVICE) for pk in devices for what in _CODES]
    every = [(f"second-step:{what}:account:{person_id}", budgets.SECOND_STEP_ACCOUNT) for what in _CODES]
    held_off = [
        (sent_codes.tries_at_held_off(person_id), budgets.HELD_OFF_TRIES),
        (sent_codes.lane_of_held_off(person_id), budgets.HELD_OFF_CODES),
    ]
    return [*every, *held_off, *own]
