"""Questions about help with an account: who asked for it, who agreed, what was looked at and done."""

from datetime import datetime
from typing import Final

from kapi.contexts.identity.errors import AssistanceOver
from kapi.contexts.identity.models import Assistance
from kapi.contexts.identity.rules import assistance as assistance_rules
from kapi.contexts.identity.selectors.accounts import find_account
from kapi.contexts.identity.selectors.authenticators import authenticators_of, recovery_codes_left
from kapi.contexts.identity.selectors.history import sign_in_history
from kapi.contexts.identity.selectors.sessions import sessions_of
from kapi.contexts.identity.values import (
    AssistanceDeedView,
    AssistanceEnd,
    AssistanceId,
    AssistanceState,
    AssistanceView,
    AssistedAccount,
    AssistedAuthenticator,
    DeedKind,
    Lane,
    PersonId,
    SessionId,
)

SUPPORT_CODE: Final = "support-code"  # the purpose under which codes for the help desk are digested


def assistances_of(
    *, person_id: PersonId, older_than: int | None = None, limit: int = 50, now: datetime
) -> tuple[AssistanceView, ...]:
    """List the last occasions on which the help desk asked for or gave help to a person, the newest first.

    `older_than` (an assistance's id) asks for those before it. Two queries.
    """
    rows = Assistance.objects.filter(person_id=person_id).prefetch_related("deeds").order_by("-pk")
    if older_than is not None:
        rows = rows.filter(pk__lt=older_than)
    return tuple(_assistance(row, now) for row in rows[:limit])


def assistances_by(*, staff_id: int, session_id: SessionId, now: datetime) -> tuple[AssistanceView, ...]:
    """List what a member of staff has asked for in this session and has not ended, the newest first."""
    rows = Assistance.objects.filter(staff_id=staff_id, staff_session_id=session_id, ended_at=None)
    views = (_assistance(row, now) for row in rows.prefetch_related("deeds").order_by("-pk"))
    return tuple(view for view in views if view.state is not AssistanceState.ENDED)


def find_assistance(*, assistance_id: AssistanceId, staff_id: int, now: datetime) -> AssistanceView | None:
    """Return one that a member of staff has asked for."""
    row = Assistance.objects.filter(pk=assistance_id, staff_id=staff_id).prefetch_related("deeds").first()
    return _assistance(row, now) if row else None


def assisted_account(*, assistance_id: AssistanceId, full_lanes: tuple[Lane, ...], now: datetime) -> AssistedAccount:
    """Return what `services.look_at_account` shows; it has judged that it may be seen.

    :raises AssistanceOver: if it was not agreed to.
    """
    row = Assistance.objects.filter(pk=assistance_id).prefetch_related("deeds").first()
    account = find_account(person_id=PersonId(row.person_id)) if row else None
    if row is None or row.ends_at is None or account is None:
        raise AssistanceOver
    person_id = PersonId(row.person_id)
    history = sign_in_history(person_id=person_id, limit=10).entries
    return AssistedAccount(
        ends_at=row.ends_at,
        state=account.state,
        password_changed_at=account.password_changed_at,
        code_expires_at=account.code_expires_at,
        authenticators=tuple(
            AssistedAuthenticator(
                authenticator_id=view.authenticator_id,
                kind=view.kind,
                added_at=view.added_at,
                last_used_at=view.last_used_at,
            )
            for view in authenticators_of(person_id=person_id)
        ),
        recovery_codes_left=recovery_codes_left(person_id=person_id),
        open_sessions=len(sessions_of(person_id=person_id, now=now)),
        events=tuple((entry.at, entry.kind) for entry in history),
        full_lanes=full_lanes,
        deeds=_deeds(row),
    )


def _assistance(row: Assistance, now: datetime) -> AssistanceView:
    state = assistance_rules.state_of(
        agreed_at=row.agreed_at,
        ends_at=row.ends_at,
        answer_until=row.answer_until,
        ended=row.ended_at is not None,
        now=now,
    )
    until = row.ends_at or row.answer_until
    is_over = state is AssistanceState.ENDED
    return AssistanceView(
        assistance_id=AssistanceId(row.pk),
        staff_id=row.staff_id,
        institution_code=row.institution_code,
        state=state,
        asked_at=row.asked_at,
        agreed_at=row.agreed_at,
        until=until,
        ended_at=(row.ended_at or until) if is_over else None,
        end_reason=AssistanceEnd(row.end_reason or AssistanceEnd.BY_TIME) if is_over else None,
        deeds=_deeds(row),
    )


def _deeds(row: Assistance) -> tuple[AssistanceDeedView, ...]:
    found = sorted(row.deeds.all(), key=lambda deed: deed.pk)
    return tuple(AssistanceDeedView(kind=DeedKind(deed.kind), at=deed.at, detail=deed.detail) for deed in found)
