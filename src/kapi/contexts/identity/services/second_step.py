"""The second step of signing in: after the password a code of an app, one that is sent, or a printed recovery code.

Between the two steps nobody is signed in. A begun sign-in is a row that one browser holds the token of, good for
minutes and once; it lapses when the password changes. Wrong codes are counted in lanes like wrong passwords
(`rules/budgets.py`), so that who knows the password neither guesses a code nor keeps the owner from typing theirs.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import F

from kapi.contexts.identity import selectors
from kapi.contexts.identity.errors import (
    ChallengeOver,
    CodeRefused,
    ContactNotFound,
    SecondStepNeeded,
    SecondStepOver,
    TooManyAttempts,
)
from kapi.contexts.identity.events import RecoveryCodeUsed
from kapi.contexts.identity.models import Account, Authenticator, BegunSignIn, Contact, KnownDevice, SentCode
from kapi.contexts.identity.rules import budgets, sent_codes, totp
from kapi.contexts.identity.rules.assurance import METHOD_OF
from kapi.contexts.identity.rules.contacts import read_address
from kapi.contexts.identity.rules.recovery import RecoveryList, left
from kapi.contexts.identity.rules.sessions import SECOND_STEP_VALID_FOR, mark_of
from kapi.contexts.identity.rules.visitors import describe_visitor, readable_device
from kapi.contexts.identity.selectors.pressure import has_second_step
from kapi.contexts.identity.services.cooling_off import begin_cooling_off
from kapi.contexts.identity.services.entrance import Arrival, begin_session, renew_session
from kapi.contexts.identity.services.history import note_in_history
from kapi.contexts.identity.services.sent_codes import Waiting, ask_for_code, consume_code, hear_code
from kapi.contexts.identity.values import (
    AccountState,
    AuthenticatorId,
    AuthenticatorKind,
    ChallengeId,
    CodeUse,
    ContactId,
    ContactKind,
    HistoryKind,
    Method,
    PersonId,
    Proof,
    Proofing,
    SessionId,
    StartedSession,
    Visitor,
)
from kapi.foundation import keys
from kapi.foundation.audit.services import record
from kapi.foundation.limits.services import refund, spend
from kapi.foundation.limits.values import Budget
from kapi.foundation.outbox.services import publish
from kapi.kernel.actors import Actor
from kapi.kernel.contacts import ContactAddress
from kapi.kernel.networks import network_of, origin_of

_Share = tuple[str, tuple[Budget, ...]]
_BY_CONTACT: Final = (AuthenticatorKind.SMS, AuthenticatorKind.EMAIL)


def begin_second_step(
    *, account: Account, session_id: SessionId | None, actor: Actor, now: datetime
) -> SecondStepNeeded | None:
    """Keep that the password was right, if this person's sign-in has a second step; return what to raise then.

    `session_id` is the session that is to go on, None if one is to begin. Runs in the caller's transaction, which must
    not be undone by what is raised.
    """
    if not has_second_step(account_id=account.pk):
        return None
    token, expires_at = secrets.token_urlsafe(32), now + SECOND_STEP_VALID_FOR
    BegunSignIn.objects.create(
        token_hash=keys.token_hash(token),
        account=account,
        session_id=session_id,
        password_mark=mark_of(account.password_hash),
        proved_at=now,
        expires_at=expires_at,
    )
    return SecondStepNeeded(token, expires_at)


def finish_with_totp(
    *, token: str, code: str, address: str, device_token: str | None, user_agent: str, actor: Actor, now: datetime
) -> StartedSession:
    """Finish a begun sign-in with the code that the person's app shows; blanks in it do not matter.

    Runs its own transactions and must not be called inside one, for a refusal has to leave its counts.

    :raises SecondStepOver: if nothing was begun under the token, or too long ago, or it was finished.
    :raises CodeRefused: if the code is none of theirs now, or was used before.
    :raises TooManyAttempts: if too many wrong codes came before.
    :raises SessionOver: if the session that was to go on has ended.
    """
    asker = _asker(_begun(token, now), address, device_token, user_agent)
    lane = asker.lane("totp", budgets.SECOND_STEP_DEVICE, budgets.SECOND_STEP_ORIGIN, budgets.SECOND_STEP_ACCOUNT)
    return _finish(
        asker,
        lane,
        lambda: use_totp(person_id=asker.person_id, code=totp.read_code(code), actor=actor, now=now),
        actor,
        now,
    )


def finish_with_recovery_code(
    *, token: str, code: str, address: str, device_token: str | None, user_agent: str, actor: Actor, now: datetime
) -> StartedSession:
    """Finish a begun sign-in with one of the printed recovery codes, which is used up by that.

    The person is told. Wrong ones have lanes of their own: nobody guesses such a code, so no stranger's tries keep its
    holder out. Runs its own transactions and must not be called inside one.

    :raises SecondStepOver: if nothing was begun under the token, or too long ago, or it was finished.
    :raises CodeRefused: if the code is none of theirs, or was used before.
    :raises TooManyAttempts: if too many wrong codes came from here before.
    :raises SessionOver: if the session that was to go on has ended.
    """
    asker = _asker(_begun(token, now), address, device_token, user_agent)
    lane = asker.lane("recovery", budgets.SECOND_STEP_DEVICE, budgets.RECOVERY_CODE_ORIGIN)
    return _finish(
        asker,
        lane,
        lambda: use_recovery_code(person_id=asker.person_id, visitor=asker.visitor, code=code, actor=actor, now=now),
        actor,
        now,
    )


def send_second_step_code(
    *,
    token: str,
    authenticator_id: AuthenticatorId,
    address: str,
    device_token: str | None,
    user_agent: str,
    actor: Actor,
    now: datetime,
) -> ChallengeId:
    """Send a code to the contact by which this person's sign-in is to be finished; any former one is destroyed.

    Only who knew the password gets that far. Call it outside a transaction.

    :raises SecondStepOver: if nothing was begun under the token, or too long ago, or it was finished.
    :raises ContactNotFound: if this person's sign-in is finished by no such contact.
    :raises TooManyCodes: if too many codes were sent.
    """
    asker = _asker(_begun(token, now), address, device_token, user_agent)
    step = _step_by_contact(asker, authenticator_id)
    contact = step.address
    if asker.device_id is not None:
        shares = sent_codes.shares_of_known_device(sent_codes.lane_of_device(asker.device_id), contact)
    else:
        shares = sent_codes.shares(sent_codes.lane_of_origin(asker.origin, asker.person_id), contact, asker.place)
    return ask_for_code(
        person_id=asker.person_id,
        use=CodeUse.SECOND_STEP,
        contact=contact,
        contact_id=step.contact_id,
        waiting=Waiting(begun_id=asker.begun.pk),
        shares=shares,
        actor=actor,
        now=now,
    )


def finish_with_sent_code(
    *,
    token: str,
    authenticator_id: AuthenticatorId,
    code: str,
    address: str,
    device_token: str | None,
    user_agent: str,
    actor: Actor,
    now: datetime,
) -> StartedSession:
    """Finish a begun sign-in with the code that was sent to this contact last; blanks in it do not matter.

    Runs its own transactions and must not be called inside one, for a refusal has to leave its counts.

    :raises SecondStepOver: if nothing was begun under the token, or too long ago, or it was finished.
    :raises ContactNotFound: if this person's sign-in is finished by no such contact.
    :raises CodeRefused: if it is not the code that was sent last, was used, is too old, or was tried too often.
    :raises TooManyAttempts: if too many wrong codes came before.
    :raises SessionOver: if the session that was to go on has ended.
    """
    asker = _asker(_begun(token, now), address, device_token, user_agent)
    step = _step_by_contact(asker, authenticator_id)
    lane = asker.lane("sent", budgets.SECOND_STEP_DEVICE, budgets.SECOND_STEP_ORIGIN, budgets.SECOND_STEP_ACCOUNT)
    shown = sent_codes.read_code(code)
    return _finish(asker, lane, lambda: _use_sent_code(asker, step, shown, actor, now), actor, now)


@dataclass(frozen=True)
class _Asker:
    """Which sign-in is to be finished, and where the code is typed."""

    begun: BegunSignIn
    device_id: int | None
    device_token: str
    origin: str
    place: str
    visitor: Visitor

    @property
    def person_id(self) -> PersonId:
        return PersonId(self.begun.account_id)

    def lane(
        self, what: str, device: tuple[Budget, ...], origin: tuple[Budget, ...], account: tuple[Budget, ...] = ()
    ) -> tuple[_Share, ...]:
        """Return the counters of this asker: a known device's own, else the origin's and then everybody's."""
        if self.device_id is not None:
            return ((f"second-step:{what}:device:{self.device_id}", device),)
        own: _Share = (f"second-step:{what}:origin:{self.origin}:{self.person_id}", origin)
        return (own, (f"second-step:{what}:account:{self.person_id}", account)) if account else (own,)


@dataclass(frozen=True, kw_only=True)
class _StepByContact:
    """A second step whose codes are sent to a contact."""

    authenticator_id: AuthenticatorId
    kind: AuthenticatorKind
    contact_id: ContactId
    address: ContactAddress


def _asker(begun: BegunSignIn, address: str, device_token: str | None, user_agent: str) -> _Asker:
    token = readable_device(device_token)
    known = KnownDevice.objects.filter(account_id=begun.account_id, token_hash=keys.token_hash(token)).order_by("pk")
    return _Asker(
        begun=begun,
        device_id=known.values_list("pk", flat=True).first() if token else None,
        device_token=token,
        origin=origin_of(address),
        place=network_of(address),
        visitor=describe_visitor(address=address, user_agent=user_agent),
    )


def _begun(token: str, now: datetime) -> BegunSignIn:
    begun = BegunSignIn.objects.filter(token_hash=keys.token_hash(token), expires_at__gt=now).first()
    if begun is None:
        raise SecondStepOver
    return begun


def _finish(
    asker: _Asker,
    lane: tuple[_Share, ...],
    use_code: Callable[[], Proof | None],
    actor: Actor,
    now: datetime,
) -> StartedSession:
    """Count the try, consume code and begun sign-in, and only then open the session."""
    _spend(lane, asker, actor, now)
    with transaction.atomic():
        account = Account.objects.select_for_update(of=("self",)).get(pk=asker.person_id)
        if account.state != AccountState.ACTIVE or mark_of(account.password_hash) != asker.begun.password_mark:
            raise SecondStepOver
        proof = use_code()
        if proof is not None:
            started = _open(account, asker, proof, actor, now)
    if proof is None:
        _note(asker, HistoryKind.WRONG_CODE, actor, now)
        raise CodeRefused
    for key, spent in lane:
        refund(key=key, budgets=spent, now=now)
    return started


def _open(account: Account, asker: _Asker, proof: Proof, actor: Actor, now: datetime) -> StartedSession:
    begun = asker.begun
    if not BegunSignIn.objects.filter(pk=begun.pk).delete()[0]:
        raise SecondStepOver
    arrival = Arrival(
        person_id=asker.person_id,
        proofing=Proofing(account.proofing),
        proofs=(Proof(method=Method.PASSWORD, at=begun.proved_at), proof),
        device_token=asker.device_token,
        place=asker.place,
        visitor=asker.visitor,
    )
    if begun.session_id is None:
        return begin_session(arrival=arrival, kind=HistoryKind.SIGNED_IN, actor=actor, now=now)
    return renew_session(session_id=SessionId(begun.session_id), arrival=arrival, actor=actor, now=now)


def use_totp(*, person_id: PersonId, code: str, actor: Actor, now: datetime) -> Proof | None:
    """Take the code's time step, which no code may take again, nor any earlier one: one statement (RFC 6238, 5.2).

    Return None if the code is none of the person's; 0 is nobody.
    """
    apps = Authenticator.objects.filter(person_id=person_id, kind=AuthenticatorKind.TOTP)
    for row in apps.order_by("pk"):
        step = totp.step_of(keys.open_sealed(row.secret_sealed, purpose=selectors.AUTHENTICATOR), code, now)
        if step is not None and apps.filter(pk=row.pk, counter__lt=step).update(counter=step, last_used_at=now):
            return Proof(method=Method.TOTP, at=now, authenticator_id=AuthenticatorId(row.pk))
    return None


def _step_by_contact(asker: _Asker, authenticator_id: AuthenticatorId) -> _StepByContact:
    steps = Authenticator.objects.filter(person_id=asker.person_id, kind__in=_BY_CONTACT)
    step = steps.filter(pk=authenticator_id).first()
    if step is None:
        raise ContactNotFound
    contact_id = int(keys.open_sealed(step.secret_sealed, purpose=selectors.AUTHENTICATOR))
    contact = Contact.objects.filter(pk=contact_id, person_id=asker.person_id, ended_at=None).first()
    if contact is None:
        raise ContactNotFound
    text = keys.open_sealed(contact.address_sealed, purpose=selectors.CONTACT)
    return _StepByContact(
        authenticator_id=authenticator_id,
        kind=AuthenticatorKind(step.kind),
        contact_id=ContactId(contact.pk),
        address=read_address(ContactKind(contact.kind), text),
    )


def _use_sent_code(asker: _Asker, step: _StepByContact, shown: str, actor: Actor, now: datetime) -> Proof | None:
    """Count the try at the code that was sent last, and use it up if it is right."""
    waiting = SentCode.objects.filter(begun=asker.begun, contact_id=step.contact_id, closed_at=None)
    challenge_id = waiting.values_list("pk", flat=True).order_by("-pk").first()
    if challenge_id is None:
        return None
    challenge = ChallengeId(challenge_id)
    try:
        if not hear_code(challenge_id=challenge, shown=shown, actor=actor, now=now):
            return None
        consume_code(challenge_id=challenge, actor=actor, now=now)
    except ChallengeOver:
        return None
    if not Authenticator.objects.filter(pk=step.authenticator_id).update(last_used_at=now):
        raise SecondStepOver  # it was taken away in this moment
    return Proof(method=METHOD_OF[step.kind], at=now, authenticator_id=step.authenticator_id)


def use_recovery_code(*, person_id: PersonId, visitor: Visitor, code: str, actor: Actor, now: datetime) -> Proof | None:
    """Set the code's bit, which is set once: one statement. Say so in history and audit, and announce it.

    Return None if the code is none of the person's, or was used; 0 is nobody.
    """
    lists = Authenticator.objects.filter(person_id=person_id, kind=AuthenticatorKind.RECOVERY_CODES)
    row = lists.order_by("pk").first()
    if row is None:
        return None
    bit = RecoveryList.from_text(keys.open_sealed(row.secret_sealed, purpose=selectors.AUTHENTICATOR)).bit_of(code)
    unused = lists.annotate(is_used=F("counter").bitand(bit or 0)).filter(pk=row.pk, is_used=0)
    if bit is None or not unused.update(counter=F("counter").bitor(bit), last_used_at=now):
        return None
    remaining = left(lists.values_list("counter", flat=True).get(pk=row.pk))
    begin_cooling_off(person_id=person_id, actor=actor, now=now)
    kind = HistoryKind.RECOVERY_CODE_USED
    note_in_history(person_id=person_id, session_id=None, kind=kind, visitor=visitor, actor=actor, now=now)
    record(
        action="identity.recovery_code_used",
        subject_kind="authenticator",
        subject_id=str(row.pk),
        actor=actor,
        now=now,
        details={"person_id": person_id, "left": remaining},
    )
    publish(RecoveryCodeUsed(authenticator_id=row.pk, person_id=person_id, left=remaining), now=now)
    return Proof(method=Method.RECOVERY_CODE, at=now, authenticator_id=AuthenticatorId(row.pk))


def _spend(lane: tuple[_Share, ...], asker: _Asker, actor: Actor, now: datetime) -> None:
    """Count the try before it is heard, so that parallel ones do not slip through together."""
    for key, budget in lane:
        decision = spend(key=key, budgets=budget, now=now)
        if not decision.allowed:
            if decision.count == decision.limit + 1:
                _note(asker, HistoryKind.LIMITED, actor, now)
            raise TooManyAttempts(decision.retry_after)


def _note(asker: _Asker, kind: HistoryKind, actor: Actor, now: datetime) -> None:
    note_in_history(person_id=asker.person_id, session_id=None, kind=kind, visitor=asker.visitor, actor=actor, now=now)
