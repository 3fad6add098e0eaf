"""What happens at a desk: issuing an account, handing it back to its owner."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from kapi.contexts.identity.errors import AccountExists, AgeUnknown, NoAccount, PersonNotFound, TooYoung
from kapi.contexts.identity.events import AccountRecovered
from kapi.contexts.identity.models import Account, KnownDevice, Person, SealedCode
from kapi.contexts.identity.rules import codes
from kapi.contexts.identity.rules.ages import is_old_enough
from kapi.contexts.identity.services.authenticators import remove_all_authenticators
from kapi.contexts.identity.services.closings import check_not_barred
from kapi.contexts.identity.services.cooling_off import begin_cooling_off
from kapi.contexts.identity.services.history import NOWHERE, note_in_history
from kapi.contexts.identity.services.sessions import end_sessions_of
from kapi.contexts.identity.values import (
    AccountState,
    BirthDate,
    EndReason,
    HistoryKind,
    IssuedCode,
    PersonId,
    Proofing,
)
from kapi.foundation.audit.services import record
from kapi.foundation.outbox.services import publish
from kapi.foundation.passwords import hash_password
from kapi.kernel.actors import Actor


def issue_account(*, person_id: PersonId, actor: Actor, now: datetime) -> IssuedCode:
    """Issue an account to a person of 15 or more, or another code to one who has not yet used theirs.

    The code takes the place of any earlier one. It is returned once and kept only as a hash.

    :raises PersonNotFound: if nobody is registered under the id.
    :raises TooYoung: if the person may be younger, by what is known of the birth date.
    :raises AgeUnknown: if the birth year is not known.
    :raises AccountExists: if the account is in use; see `recover_account`.
    :raises AccountBarred: if the population register says why nobody may sign in as this person.
    """
    person = Person.objects.filter(pk=person_id).first()
    if person is None:
        raise PersonNotFound
    birth = BirthDate(year=person.birth_year, month=person.birth_month, day=person.birth_day)
    old_enough = is_old_enough(birth, today=timezone.localdate(now))
    if old_enough is None:
        raise AgeUnknown
    if not old_enough:
        raise TooYoung
    return _issue(person_id, Proofing.DESK, actor, now)


def issue_operator_account(*, person_id: PersonId, actor: Actor, now: datetime) -> IssuedCode:
    """Issue an account to whom the operator names at the machine, who answers for the person's age.

    :raises PersonNotFound: if nobody is registered under the id.
    :raises AccountExists: if the account is in use.
    :raises AccountBarred: if the population register says why nobody may sign in as this person.
    """
    if not Person.objects.filter(pk=person_id).exists():
        raise PersonNotFound
    return _issue(person_id, Proofing.OPERATOR, actor, now)


def recover_account(*, person_id: PersonId, actor: Actor, now: datetime) -> IssuedCode:
    """Hand an account back to its owner, who has come to a desk: forgotten password, or somebody else got in.

    The old password is void, what was added to it is removed, all sessions end, all devices are strangers again, and a
    new code is returned.

    It also opens an account that was closed, once the population register no longer says what closed it.

    :raises NoAccount: if the person has none; see `issue_account`.
    :raises AccountBarred: if the population register says why nobody may sign in as this person.
    """
    code, code_hash = _make_code()
    with transaction.atomic():
        account = Account.objects.select_for_update(of=("self",)).filter(pk=person_id).first()
        if account is None:
            raise NoAccount
        check_not_barred(person_id=person_id, actor=actor, now=now)
        account.state, account.password_hash = AccountState.AWAITING_PASSWORD, ""
        account.proofing = Proofing.DESK
        account.save(update_fields=["state", "password_hash", "proofing"])
        begin_cooling_off(person_id=person_id, actor=actor, now=now)
        remove_all_authenticators(person_id=person_id, actor=actor, now=now)
        KnownDevice.objects.filter(account=account).delete()
        end_sessions_of(person_id=person_id, but=None, reason=EndReason.RECOVERED, actor=actor, now=now)
        issued = _seal(account, code, code_hash, now)
        _write_down("identity.account_recovered", HistoryKind.RECOVERED, person_id, actor, now)
        publish(AccountRecovered(person_id=person_id), now=now)
    return issued


def _issue(person_id: PersonId, proofing: Proofing, actor: Actor, now: datetime) -> IssuedCode:
    code, code_hash = _make_code()
    with transaction.atomic():
        Account.objects.get_or_create(
            person_id=person_id, defaults={"state": AccountState.AWAITING_PASSWORD, "created_at": now}
        )
        account = Account.objects.select_for_update(of=("self",)).get(pk=person_id)
        check_not_barred(person_id=person_id, actor=actor, now=now)
        if account.state != AccountState.AWAITING_PASSWORD:
            raise AccountExists
        Account.objects.filter(pk=person_id).update(proofing=proofing)
        end_sessions_of(person_id=person_id, but=None, reason=EndReason.REPLACED, actor=actor, now=now)
        issued = _seal(account, code, code_hash, now)
        _write_down("identity.code_issued", HistoryKind.CODE_ISSUED, person_id, actor, now)
    return issued


def _make_code() -> tuple[str, str]:
    """Make a code and its hash; done before the transaction, for hashing is slow on purpose."""
    code = codes.make_code()
    return code, hash_password(codes.read_code(code))


def _seal(account: Account, code: str, code_hash: str, now: datetime) -> IssuedCode:
    """Put a new code in the place of any open one; the account's row is locked."""
    SealedCode.objects.filter(account=account, closed_at=None).update(closed_at=now)
    expires_at = now + codes.VALID_FOR
    SealedCode.objects.create(account=account, code_hash=code_hash, issued_at=now, expires_at=expires_at)
    return IssuedCode(code=code, expires_at=expires_at)


def _write_down(action: str, kind: HistoryKind, person_id: PersonId, actor: Actor, now: datetime) -> None:
    note_in_history(person_id=person_id, session_id=None, kind=kind, visitor=NOWHERE, actor=actor, now=now)
    record(action=action, subject_kind="person", subject_id=str(person_id), actor=actor, now=now)
