"""Choosing and changing the password."""

import secrets
from datetime import datetime

from django.conf import settings
from django.db import transaction

from kapi.contexts.identity import selectors
from kapi.contexts.identity.errors import (
    NoPasswordYet,
    PasswordChosenAlready,
    PasswordRefused,
    SessionOver,
    WrongPassword,
)
from kapi.contexts.identity.events import PasswordChanged
from kapi.contexts.identity.models import Account, SealedCode, Session
from kapi.contexts.identity.rules import budgets, codes
from kapi.contexts.identity.rules.passwords import find_fault
from kapi.contexts.identity.services.cooling_off import check_cooling_off
from kapi.contexts.identity.services.history import note_in_history
from kapi.contexts.identity.services.sessions import end_sessions_of, own_open_session
from kapi.contexts.identity.services.tries import count_try
from kapi.contexts.identity.values import (
    AccountState,
    EndReason,
    HistoryKind,
    PasswordFault,
    RenewedSession,
    SessionId,
    SignedIn,
)
from kapi.foundation import keys
from kapi.foundation.audit.services import record
from kapi.foundation.limits.services import refund
from kapi.foundation.outbox.services import publish
from kapi.foundation.passwords import hash_password, password_matches, prepare_password
from kapi.kernel.actors import Actor


def choose_first_password(*, session_id: SessionId, new_password: str, actor: Actor, now: datetime) -> RenewedSession:
    """Choose a password in a session that a sealed code has opened; from then on the account is in use.

    The session goes on under a new token, now without `must_change_password`.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    :raises PasswordChosenAlready: if the account has a password; see `change_password`.
    :raises PasswordRefused: if the new password cannot be accepted.
    """
    signed_in = own_open_session(session_id=session_id, actor=actor, now=now)
    if not signed_in.must_change_password:
        raise PasswordChosenAlready
    _check_new(signed_in, new_password)
    code = SealedCode.objects.filter(account_id=signed_in.person_id, closed_at=None).order_by("pk").first()
    if code is None:
        raise SessionOver
    if password_matches(codes.read_code(new_password), code.code_hash):
        raise PasswordRefused(PasswordFault.SAME)
    new_hash = hash_password(new_password)
    return _put(
        signed_in=signed_in,
        state=AccountState.AWAITING_PASSWORD,
        old_hash="",
        new_hash=new_hash,
        kind=HistoryKind.PASSWORD_CHOSEN,
        actor=actor,
        now=now,
    )


def change_password(
    *, session_id: SessionId, current_password: str, new_password: str, actor: Actor, now: datetime
) -> RenewedSession:
    """Change the password of whoever is signed in and knows the present one.

    The session goes on under a new token; all other sessions of the person end.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    :raises NoPasswordYet: if the session was opened by a sealed code; see `choose_first_password`.
    :raises StillCoolingOff: if the account was recovered a short while ago, and nothing from before was shown: whoever
        has the password and a printed code would lock out an owner whose app or telephone needs that password.
    :raises TooManyAttempts: if the present password was given wrongly too often.
    :raises WrongPassword: if it was given wrongly now.
    :raises PasswordRefused: if the new password cannot be accepted.
    """
    signed_in = own_open_session(session_id=session_id, actor=actor, now=now)
    if signed_in.must_change_password:
        raise NoPasswordYet
    account = Account.objects.get(pk=signed_in.person_id)
    old_hash, set_at = account.password_hash, account.password_changed_at or account.created_at
    check_cooling_off(session_id=session_id, added_at=set_at, for_password=True, actor=actor, now=now)
    tries = f"present-password:{signed_in.person_id}"
    count_try(key=tries, budgets=budgets.PRESENT_PASSWORD, actor=actor, now=now)
    if not password_matches(current_password, old_hash):
        _note(signed_in, HistoryKind.WRONG_SECRET, actor, now)
        raise WrongPassword
    refund(key=tries, budgets=budgets.PRESENT_PASSWORD, now=now)
    _check_new(signed_in, new_password)
    if password_matches(new_password, old_hash):
        raise PasswordRefused(PasswordFault.SAME)
    new_hash = hash_password(new_password)
    return _put(
        signed_in=signed_in,
        state=AccountState.ACTIVE,
        old_hash=old_hash,
        new_hash=new_hash,
        kind=HistoryKind.PASSWORD_CHANGED,
        actor=actor,
        now=now,
    )


def _check_new(signed_in: SignedIn, new_password: str) -> None:
    person = selectors.get_person_record(person_id=signed_in.person_id)
    fault = find_fault(prepare_password(new_password), person=person, brand=settings.BRAND_NAME)
    if fault is not None:
        raise PasswordRefused(fault)


def _put(
    *,
    signed_in: SignedIn,
    state: AccountState,
    old_hash: str,
    new_hash: str,
    kind: HistoryKind,
    actor: Actor,
    now: datetime,
) -> RenewedSession:
    """Put the new password in the place of what was there when it was checked, and renew the session."""
    person_id, session_id = signed_in.person_id, signed_in.session_id
    token = secrets.token_urlsafe(32)
    with transaction.atomic():
        account = Account.objects.select_for_update(of=("self",)).get(pk=person_id)
        is_open = Session.objects.filter(pk=session_id, ended_at=None).exists()
        if not is_open or (account.state, account.password_hash) != (state, old_hash):
            raise SessionOver
        account.state, account.password_hash, account.password_changed_at = AccountState.ACTIVE, new_hash, now
        account.save(update_fields=["state", "password_hash", "password_changed_at"])
        SealedCode.objects.filter(account=account, closed_at=None).update(closed_at=now)
        Session.objects.filter(pk=session_id).update(token_hash=keys.token_hash(token), last_seen_at=now)
        end_sessions_of(person_id=person_id, but=session_id, reason=EndReason.PASSWORD_CHANGED, actor=actor, now=now)
        _note(signed_in, kind, actor, now)
        record(action=f"identity.{kind}", subject_kind="person", subject_id=str(person_id), actor=actor, now=now)
        publish(PasswordChanged(person_id=person_id), now=now)
        renewed = selectors.get_session(session_id=session_id, now=now)
    return RenewedSession(token=token, signed_in=renewed)


def _note(signed_in: SignedIn, kind: HistoryKind, actor: Actor, now: datetime) -> None:
    """Write a line that says it happened where the session is."""
    session = Session.objects.get(pk=signed_in.session_id)
    visitor = selectors.visitor_of(session)
    note_in_history(
        person_id=signed_in.person_id,
        session_id=signed_in.session_id,
        kind=kind,
        visitor=visitor,
        actor=actor,
        now=now,
    )
