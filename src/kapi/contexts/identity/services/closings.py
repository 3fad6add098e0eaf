"""Closing an account, because of what the population register says of its owner."""

from datetime import datetime

from django.db import transaction

from kapi.contexts.identity.errors import AccountBarred
from kapi.contexts.identity.events import AccountClosed
from kapi.contexts.identity.models import Account, Authenticator, BegunSignIn, KnownDevice, SealedCode
from kapi.contexts.identity.selectors.register import hindrance_of
from kapi.contexts.identity.services.history import NOWHERE, note_in_history
from kapi.contexts.identity.services.sessions import end_sessions_of
from kapi.contexts.identity.values import AccountState, EndReason, Hindrance, HistoryKind, PersonId
from kapi.foundation.audit.services import record
from kapi.foundation.outbox.services import publish
from kapi.kernel.actors import Actor


def close_account(*, person_id: PersonId, reason: Hindrance, actor: Actor, now: datetime) -> bool:
    """Close the account: nothing that opened it opens it any more, all its sessions end. Return whether it was open.

    Who tries to sign in is told what everybody is told. It is opened again by handing it back at a desk
    (`recover_account`), once the register no longer says what closed it. No notice goes out as of a removed
    authenticator: it would reach the bereaved.
    """
    with transaction.atomic():
        account = Account.objects.select_for_update(of=("self",)).filter(pk=person_id).first()
        if account is None or account.state == AccountState.CLOSED:
            return False
        Account.objects.filter(pk=person_id).update(state=AccountState.CLOSED, password_hash="")
        SealedCode.objects.filter(account=account, closed_at=None).update(closed_at=now)
        BegunSignIn.objects.filter(account=account).delete()
        KnownDevice.objects.filter(account=account).delete()
        _void_authenticators(person_id, actor, now)
        end_sessions_of(person_id=person_id, but=None, reason=EndReason.ACCOUNT_CLOSED, actor=actor, now=now)
        kind = HistoryKind.ACCOUNT_CLOSED
        note_in_history(person_id=person_id, session_id=None, kind=kind, visitor=NOWHERE, actor=actor, now=now)
        record(
            action="identity.account_closed",
            subject_kind="person",
            subject_id=str(person_id),
            actor=actor,
            now=now,
            details={"reason": reason},
        )
        publish(AccountClosed(person_id=person_id, reason=reason), now=now)
    return True


def check_not_barred(*, person_id: PersonId, actor: Actor, now: datetime) -> None:
    """See that nothing in the population register forbids that somebody signs in as this person.

    :raises AccountBarred: if something does.
    """
    hindrance = hindrance_of(person_id=person_id)
    if hindrance is not None:
        raise AccountBarred(hindrance)


def _void_authenticators(person_id: PersonId, actor: Actor, now: datetime) -> None:
    for row in Authenticator.objects.filter(person_id=person_id).order_by("pk"):
        Authenticator.objects.filter(pk=row.pk).delete()
        record(
            action="identity.authenticator_voided",
            subject_kind="authenticator",
            subject_id=str(row.pk),
            actor=actor,
            now=now,
            details={"person_id": person_id, "kind": row.kind},
        )
