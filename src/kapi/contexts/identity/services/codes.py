"""Adding an app with one-time codes, and printing recovery codes."""

import json
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from kapi.contexts.identity.errors import (
    CodeRefused,
    NothingToRecover,
    SetupOver,
    TooManyAuthenticators,
)
from kapi.contexts.identity.models import Account, Authenticator
from kapi.contexts.identity.rules import budgets, recovery, totp
from kapi.contexts.identity.rules.authenticators import name_at_first
from kapi.contexts.identity.services.authenticators import check_may_change, keep_authenticator, remove_authenticator
from kapi.contexts.identity.services.evidence import strengthen_session
from kapi.contexts.identity.services.tries import count_try
from kapi.contexts.identity.values import (
    AuthenticatorId,
    AuthenticatorKind,
    Method,
    Proof,
    RecoveryCodes,
    RenewedSession,
    SessionId,
    TotpSetup,
)
from kapi.foundation import keys
from kapi.foundation.limits.services import refund
from kapi.kernel.actors import Actor

_SETUP = "totp-setup"


def prepare_totp(*, session_id: SessionId, actor: Actor, now: datetime) -> TotpSetup:
    """Make a secret for an app. Nothing is kept: the page brings it back sealed, with the app's first code.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    :raises ProveAgain: if they have proved themselves too long ago.
    :raises StrongerProofNeeded: if they have something stronger than what this session was proved with.
    :raises TooManyAuthenticators: if they have as many apps as anybody may.
    """
    signed_in = check_may_change(session_id=session_id, actor=actor, now=now)
    _has_room(signed_in.person_id)
    secret, ends_at = totp.make_secret(), now + totp.SETUP_VALID_FOR
    kept = json.dumps({"secret": secret, "session": session_id, "ends_at": ends_at.isoformat()})
    sealed = keys.seal(kept, purpose=_SETUP).hex()
    return _shown(secret, sealed, signed_in.display_name)


def resume_totp(*, session_id: SessionId, sealed: str, actor: Actor, now: datetime) -> TotpSetup:
    """Return a prepared secret once more, for the page that says what was wrong.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    :raises ProveAgain: if they have proved themselves too long ago.
    :raises StrongerProofNeeded: if they have something stronger than what this session was proved with.
    :raises SetupOver: if it was not prepared by us in this session, or too long ago.
    """
    signed_in = check_may_change(session_id=session_id, actor=actor, now=now)
    return _shown(_secret_of(sealed, session_id, now), sealed, signed_in.display_name)


def add_totp(
    *, session_id: SessionId, sealed: str, code: str, name: str | None, actor: Actor, now: datetime
) -> RenewedSession:
    """Add the app, which has shown with its first code that it holds the secret. The session counts it at once.

    Call it outside a transaction: a wrong code has to leave its count.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    :raises ProveAgain: if they have proved themselves too long ago.
    :raises StrongerProofNeeded: if they have something stronger than what this session was proved with.
    :raises SetupOver: if the secret was not prepared by us in this session, or too long ago, or was added already.
    :raises NameRefused: if it cannot be called so; without a name it is called as its kind.
    :raises CodeRefused: if the code is not what the app shows now.
    :raises TooManyAttempts: if too many wrong codes came before.
    :raises TooManyAuthenticators: if they have as many as anybody may.
    """
    check_may_change(session_id=session_id, actor=actor, now=now)
    secret = _secret_of(sealed, session_id, now)
    name_at_first(name, AuthenticatorKind.TOTP)
    key = f"totp-setup:{session_id}"
    count_try(key=key, budgets=budgets.TOTP_SETUP, actor=actor, now=now)
    step = totp.step_of(secret, totp.read_code(code), now)
    if step is None:
        raise CodeRefused
    refund(key=key, budgets=budgets.TOTP_SETUP, now=now)
    try:
        with transaction.atomic():
            return _add(session_id=session_id, secret=secret, step=step, name=name, actor=actor, now=now)
    except IntegrityError:
        raise SetupOver from None


def make_recovery_codes(*, session_id: SessionId, actor: Actor, now: datetime) -> RecoveryCodes:
    """Make ten recovery codes, each good once in the place of app or passkey; those made before end.

    They are returned to be shown this once. Sessions elsewhere that were proved with one of the former list end.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    :raises ProveAgain: if they have proved themselves too long ago.
    :raises StrongerProofNeeded: if they have something stronger than what this session was proved with.
    :raises StillCoolingOff: if the former list was there before a recovery of the last day.
    :raises NothingToRecover: if they have neither app nor passkey that the codes could stand in for.
    :raises TooManyAuthenticators: if they have as many as anybody may.
    """
    codes = recovery.make_codes()
    with transaction.atomic():
        # The account is locked so that of two lists made at once the second takes the first one's place.
        Account.objects.select_for_update(of=("self",)).filter(person__sessions__pk=session_id).first()
        signed_in = check_may_change(session_id=session_id, actor=actor, now=now)
        own = Authenticator.objects.filter(person_id=signed_in.person_id).order_by("pk")
        if not own.filter(kind__in=recovery.STANDS_IN_FOR).exists():
            raise NothingToRecover
        for former in own.filter(kind=AuthenticatorKind.RECOVERY_CODES).values_list("pk", flat=True):
            former_id = AuthenticatorId(former)
            remove_authenticator(session_id=session_id, authenticator_id=former_id, actor=actor, now=now)
        keep_authenticator(
            session_id=session_id,
            kind=AuthenticatorKind.RECOVERY_CODES,
            name=None,
            secret=recovery.RecoveryList.of(codes).to_text(),
            actor=actor,
            now=now,
        )
    return RecoveryCodes(codes=codes, made_at=now)


def _add(
    *, session_id: SessionId, secret: str, step: int, name: str | None, actor: Actor, now: datetime
) -> RenewedSession:
    authenticator_id = keep_authenticator(
        session_id=session_id,
        kind=AuthenticatorKind.TOTP,
        name=name,
        secret=secret,
        finder=keys.token_hash(f"totp:{secret}"),
        counter=step,
        actor=actor,
        now=now,
    )
    proof = Proof(method=Method.TOTP, at=now, authenticator_id=authenticator_id)
    renewed = strengthen_session(session_id=session_id, proof=proof, actor=actor, now=now)
    _has_room(renewed.signed_in.person_id, more=0)
    return renewed


def _has_room(person_id: int, *, more: int = 1) -> None:
    apps = Authenticator.objects.filter(person_id=person_id, kind=AuthenticatorKind.TOTP).count()
    if apps + more > totp.MOST:
        raise TooManyAuthenticators


def _secret_of(sealed: str, session_id: SessionId, now: datetime) -> str:
    try:
        kept = json.loads(keys.open_sealed(bytes.fromhex(sealed), purpose=_SETUP))
    except (ValueError, keys.SealBroken):
        raise SetupOver from None
    if kept["session"] != session_id or now >= datetime.fromisoformat(kept["ends_at"]):
        raise SetupOver
    return str(kept["secret"])


def _shown(secret: str, sealed: str, account: str) -> TotpSetup:
    link = totp.setup_link(secret, account=account, brand=settings.BRAND_NAME)
    return TotpSetup(secret=secret, link=link, sealed=sealed)
