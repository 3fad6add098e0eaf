"""Passkeys: adding one, signing in with one, proving with one that it is still oneself.

What a browser sends is read and checked by `rules/passkeys.py`. Then, and before anything is granted, the challenge is
consumed by one statement, and the passkey's counter raised by another, which nothing but a higher one passes.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from django.conf import settings
from django.db import IntegrityError, transaction

from kapi.contexts.identity import selectors
from kapi.contexts.identity.errors import AnotherPerson, PasskeyRefused
from kapi.contexts.identity.models import Account, Authenticator
from kapi.contexts.identity.rules import budgets, passkeys
from kapi.contexts.identity.rules.authenticators import clean_name
from kapi.contexts.identity.rules.challenges import Use, challenge_is_ours, ends_at
from kapi.contexts.identity.rules.visitors import Caller, describe_caller
from kapi.contexts.identity.services.authenticators import check_may_change, keep_authenticator
from kapi.contexts.identity.services.entrance import Arrival, begin_session, renew_session, use_up
from kapi.contexts.identity.services.history import note_in_history
from kapi.contexts.identity.services.sessions import own_open_session
from kapi.contexts.identity.services.tries import count_try
from kapi.contexts.identity.values import (
    AccountState,
    AuthenticatorId,
    AuthenticatorKind,
    HistoryKind,
    Method,
    PasskeyFault,
    PersonId,
    Proof,
    Proofing,
    SessionId,
    StartedSession,
)
from kapi.foundation import keys
from kapi.foundation.audit.services import record
from kapi.foundation.limits.services import refund
from kapi.foundation.statements import Change, Question, Slot
from kapi.kernel.actors import Actor

_SHOWN = Question(lambda: Authenticator.objects.filter(finder=Slot("finder"), kind=AuthenticatorKind.PASSKEY))
_COUNT_UP = Change(
    lambda: Authenticator.objects.filter(pk=Slot("id"), counter__lt=Slot("counter")),
    counter=Slot("counter"),
    last_used_at=Slot("now"),
)
_COUNT_NOTHING = Change(lambda: Authenticator.objects.filter(pk=Slot("id"), counter=0), last_used_at=Slot("now"))


def add_passkey(
    *, session_id: SessionId, response: str, name: str, browser: str, actor: Actor, now: datetime
) -> AuthenticatorId:
    """Add the passkey that a browser has made for whoever is signed in; `response` is its JSON, as it was sent.

    `browser` is the secret of the browser's own cookie, to which the challenge was tied.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    :raises ProveAgain: if they have proved themselves too long ago.
    :raises StrongerProofNeeded: if they have something stronger than what this session was proved with.
    :raises NameRefused: if it cannot be called so.
    :raises TooManyAuthenticators: if they have as many as anybody may.
    :raises PasskeyRefused: if it cannot be accepted.
    """
    check_may_change(session_id=session_id, actor=actor, now=now)
    clean_name(name)
    shown = passkeys.read_new(response)
    challenge_is_ours(shown.challenge, use=Use.ADD, browser=browser, session_id=session_id, now=now)
    passkeys.check(shown, passkeys.CREATION_REQUIREMENTS, settings.PASSKEYS)
    _use_up(shown.challenge, actor, now)
    signed_in = own_open_session(session_id=session_id, actor=actor, now=now)
    stored = passkeys.StoredPasskey(bytes(shown.credential or b""), selectors.passkey_owner(signed_in.person_id))
    try:
        with transaction.atomic():
            return keep_authenticator(
                session_id=session_id,
                kind=AuthenticatorKind.PASSKEY,
                name=name,
                secret=stored.to_text(),
                finder=shown.finder,
                counter=shown.authenticator.counter,
                actor=actor,
                now=now,
            )
    except IntegrityError:
        raise PasskeyRefused(PasskeyFault.KNOWN) from None


def sign_in_with_passkey(
    *,
    response: str,
    browser: str,
    address: str,
    device_token: str | None,
    user_agent: str,
    actor: Actor,
    now: datetime,
) -> StartedSession:
    """Start a session for whoever shows a passkey of theirs; it says itself whose it is.

    `response` is the browser's JSON, as it was sent, `browser` the secret of its own cookie, to which the challenge was
    tied, `device_token` as for `sign_in_with_password`. Call it outside a transaction, for a refusal has to leave its
    counts and its line in the history.

    :raises PasskeyRefused: if it cannot be accepted.
    :raises TooManyAttempts: if too many were refused before.
    """
    asker = describe_caller(address=address, device_token=device_token, user_agent=user_agent)
    holder = _prove(asker, response, browser, actor, now)
    with transaction.atomic():
        arrival = _arrive(asker, holder, now)
        return begin_session(arrival=arrival, kind=HistoryKind.SIGNED_IN, actor=actor, now=now)


def reauthenticate_with_passkey(
    *,
    session_id: SessionId,
    response: str,
    browser: str,
    address: str,
    device_token: str | None,
    user_agent: str,
    actor: Actor,
    now: datetime,
) -> StartedSession:
    """Let whoever is signed in prove with a passkey that it is them: anew, or better than before (RFC 9470).

    The same session goes on, as fresh as a new one, and as strong as the passkey alone: nothing is stronger yet. Call
    it outside a transaction.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    :raises PasskeyRefused: if it cannot be accepted.
    :raises TooManyAttempts: if too many were refused before.
    :raises AnotherPerson: if it is somebody else's; nothing has changed.
    """
    present = own_open_session(session_id=session_id, actor=actor, now=now)
    asker = describe_caller(address=address, device_token=device_token, user_agent=user_agent)
    holder = _prove(asker, response, browser, actor, now)
    if holder.person_id != present.person_id:
        raise AnotherPerson
    with transaction.atomic():
        arrival = _arrive(asker, holder, now)
        return renew_session(session_id=session_id, arrival=arrival, actor=actor, now=now)


@dataclass(frozen=True)
class _Holder:
    """Whose passkey was shown, and which one."""

    person_id: PersonId
    authenticator_id: AuthenticatorId


def _prove(asker: Caller, response: str, browser: str, actor: Actor, now: datetime) -> _Holder:
    """Count the try, check what is shown, consume the challenge and raise the counter; return whose passkey it is."""
    origin = f"passkey:origin:{asker.origin}"
    share = budgets.at(asker.origin, budgets.PASSKEY_ORIGIN)
    count_try(key=origin, budgets=share, actor=actor, now=now)
    shown = passkeys.read_proof(response)
    challenge_is_ours(shown.challenge, use=Use.PROVE, browser=browser, now=now)
    row = _SHOWN.first(finder=shown.finder)
    if row is None:
        raise PasskeyRefused(PasskeyFault.UNKNOWN)
    own = f"passkey:{row.pk}"
    count_try(key=own, budgets=budgets.PASSKEY, actor=actor, now=now)
    try:
        passkeys.check(shown, passkeys.PROOF_REQUIREMENTS, settings.PASSKEYS)
        passkeys.is_signed_by(shown, _stored(row))
        _use_up(shown.challenge, actor, now)
        _count_up(row, shown.authenticator.counter, now)
    except PasskeyRefused as refusal:
        _tell_owner(row, refusal, asker, actor, now)
    refund(key=origin, budgets=share, now=now)
    refund(key=own, budgets=budgets.PASSKEY, now=now)
    return _Holder(PersonId(row.person_id), AuthenticatorId(row.pk))


def _stored(row: Authenticator) -> passkeys.StoredPasskey:
    return passkeys.StoredPasskey.from_text(keys.open_sealed(row.secret_sealed, purpose=selectors.AUTHENTICATOR))


def _use_up(challenge: str, actor: Actor, now: datetime) -> None:
    if not use_up(challenge=challenge, expires_at=ends_at(challenge), actor=actor, now=now):
        raise PasskeyRefused(PasskeyFault.CHALLENGE)


def _count_up(row: Authenticator, counter: int, now: datetime) -> None:
    """Raise the counter (Web Authentication 7.2, step 22). Many passkeys do not count, and say 0 all their lives.

    :raises PasskeyRefused: if it was as high before: then there are two of the passkey.
    """
    change = _COUNT_UP if counter else _COUNT_NOTHING
    if not change.make(id=row.pk, counter=counter, now=now):
        raise PasskeyRefused(PasskeyFault.COPIED)


def _tell_owner(row: Authenticator, refusal: PasskeyRefused, asker: Caller, actor: Actor, now: datetime) -> NoReturn:
    """Leave a line in the history and the audit trail, and refuse."""
    with transaction.atomic():
        note_in_history(
            person_id=PersonId(row.person_id),
            session_id=None,
            kind=HistoryKind.PASSKEY_REFUSED,
            visitor=asker.visitor,
            actor=actor,
            now=now,
        )
        record(
            action="identity.passkey_refused",
            subject_kind="authenticator",
            subject_id=str(row.pk),
            actor=actor,
            now=now,
            details={"person_id": row.person_id, "fault": refusal.fault},
        )
    raise refusal


def _arrive(asker: Caller, holder: _Holder, now: datetime) -> Arrival:
    """Lock the account, and see that account and passkey still are what they were when it was checked.

    :raises PasskeyRefused: if the passkey was removed or the account recovered since.
    """
    account = Account.objects.select_for_update(of=("self",)).get(pk=holder.person_id)
    # Locked as well: who removes it in this moment ends the sessions that it has proved, and must find this one.
    row = Authenticator.objects.select_for_update(of=("self",)).filter(pk=holder.authenticator_id).first()
    if row is None or account.state != AccountState.ACTIVE:
        raise PasskeyRefused(PasskeyFault.UNKNOWN)
    proof = Proof(method=Method.PASSKEY, at=now, authenticator_id=holder.authenticator_id)
    return Arrival.of(asker, person_id=holder.person_id, proofing=Proofing(account.proofing), proof=proof)
