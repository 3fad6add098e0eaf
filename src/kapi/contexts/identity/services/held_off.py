"""Going on by a code while lists of stolen passwords are tried, where a password alone opens nothing (`pressure`).

Whoever is held off is asked for a code, and everybody alike: the password may have been right, wrong, or tried at a
number that is nobody's. All of them are kept as a held-off sign-in; what becomes of asking for a code, and of a code
that is not right, is the same for all, in words, statements and counts. Only a right password leads to an account, and
only there a code is ever made: by a reaction, after the answer, so that no time tells either.

Which codes count: those of the person's second step, if they have one. Who has none goes on by a code to a contact that
has been theirs for a day (`rules.cooling_off.is_settled`), which is more than the password that is enough at other
times. The session is worth what the password and that code are worth anywhere else.
"""

import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import F

from kapi.contexts.identity import selectors
from kapi.contexts.identity.errors import ChallengeOver, CodeRefused, SecondStepOver, SignInHeldOff, TooManyCodes
from kapi.contexts.identity.events import HeldOffCodeAsked
from kapi.contexts.identity.models import Account, Authenticator, HeldOffSignIn, SentCode
from kapi.contexts.identity.rules import budgets, sent_codes, totp
from kapi.contexts.identity.rules.assurance import METHOD_OF
from kapi.contexts.identity.rules.contacts import STEP_OF
from kapi.contexts.identity.rules.sessions import HELD_OFF_VALID_FOR, mark_of
from kapi.contexts.identity.rules.visitors import describe_visitor, readable_device
from kapi.contexts.identity.selectors.held_off import CodeContact, code_contacts_of
from kapi.contexts.identity.services import pressure
from kapi.contexts.identity.services.entrance import Arrival, begin_session
from kapi.contexts.identity.services.history import note_in_history
from kapi.contexts.identity.services.second_step import use_recovery_code, use_totp
from kapi.contexts.identity.services.sent_codes import Waiting, ask_for_code, consume_code
from kapi.contexts.identity.values import (
    AccountState,
    ChallengeId,
    CodeUse,
    ContactKind,
    HistoryKind,
    Method,
    PersonId,
    Proof,
    Proofing,
    StartedSession,
)
from kapi.foundation import keys
from kapi.foundation.inserts import insert
from kapi.foundation.limits.services import refund, spend
from kapi.foundation.outbox.services import publish
from kapi.kernel.actors import Actor
from kapi.kernel.networks import network_of


def hold_off(*, account_id: int | None, password_hash: str, actor: Actor, now: datetime) -> SignInHeldOff:
    """Keep that somebody was held off, and return what to raise. `account_id` is None unless the password was right.

    One statement in any case.
    """
    token, expires_at = secrets.token_urlsafe(32), now + HELD_OFF_VALID_FOR
    insert(
        HeldOffSignIn,
        token_hash=keys.token_hash(token),
        account_id=account_id,
        password_mark=mark_of(password_hash),
        tried_at=now,
        expires_at=expires_at,
        tries=0,
        code_to="",
        asked_at=None,
    )
    return SignInHeldOff(token, expires_at)


def ask_for_held_off_code(*, token: str, kind: ContactKind, address: str, actor: Actor, now: datetime) -> None:
    """Write down that a code is to go to a contact of this kind. If there is one to send it to, is found out later.

    The limits that are told of know the asker alone. Call it outside a transaction.

    :raises SecondStepOver: if no sign-in is held off under the token (any more).
    :raises TooManyCodes: if this one, or the network, has asked for too many.
    """
    rows = HeldOffSignIn.objects.filter(token_hash=keys.token_hash(token), expires_at__gt=now)
    held_off_id = rows.values_list("pk", flat=True).first()
    if held_off_id is None:
        raise SecondStepOver
    network = network_of(address)
    for key, budget in (
        (f"held-off:asks:{held_off_id}", budgets.HELD_OFF_ASKS),
        (f"held-off:asks-from:{network}", budgets.at(network, budgets.CODES_FROM_NETWORK)),
    ):
        decision = spend(key=key, budgets=budget, now=now)
        if not decision.allowed:
            raise TooManyCodes(decision.retry_after)
    with transaction.atomic():
        rows.update(code_to=kind, asked_at=now)
        publish(HeldOffCodeAsked(held_off_id=held_off_id), now=now)


def send_held_off_code(*, held_off_id: int, actor: Actor, now: datetime) -> ChallengeId | None:
    """Make the code that was asked for, if a right password stands behind it and a contact that counts.

    Return None where nothing is to be sent: the one who asked is told the same. Asking once sends one code.

    :raises TooManyCodes: if too many were sent to this person, this contact or its block of numbers.
    """
    row = HeldOffSignIn.objects.filter(pk=held_off_id, asked_at__isnull=False, expires_at__gt=now).first()
    account = _opened_by(row, row.account) if row else None
    if row is None or account is None or row.sent_codes.filter(asked_at__gte=row.asked_at).exists():
        return None
    found = code_contacts_of(person_id=PersonId(account.pk), now=now)
    contact = next((contact for contact in found if contact.kind is ContactKind(row.code_to)), None)
    if contact is None:
        return None
    return ask_for_code(
        person_id=PersonId(account.pk),
        use=CodeUse.HELD_OFF,
        contact=contact.address,
        contact_id=contact.contact_id,
        waiting=Waiting(held_off_id=row.pk),
        shares=sent_codes.shares_of_held_off(account.pk, contact.address),
        actor=actor,
        now=now,
    )


def finish_held_off(
    *, token: str, code: str, address: str, device_token: str | None, user_agent: str, actor: Actor, now: datetime
) -> StartedSession:
    """Sign in who knew the password and shows a code: one that was sent, an app's, or a printed one, as they have.

    A try is counted before it is heard, but for printed codes: nobody guesses one, so who spends the account's share
    does not keep their holder out. Runs its own transactions and must not be called inside one.

    :raises SecondStepOver: if no sign-in is held off under the token (any more), or too many codes were tried.
    :raises CodeRefused: if the code is not right, or the password was not, or the number is nobody's.
    """
    row, digits = _heard(token, now), sent_codes.read_code(code)
    visitor = describe_visitor(address=address, user_agent=user_agent)
    is_within_share = not digits or _count_try(row, now)
    started = None
    with transaction.atomic():
        accounts = Account.objects.select_for_update(of=("self",))
        account = _opened_by(row, accounts.filter(pk=row.account_id or 0).order_by("pk").first())
        person_id = PersonId(account.pk if account and is_within_share else 0)
        if digits:
            proof = _use_digits(row, person_id, digits, actor, now)
        else:
            proof = use_recovery_code(person_id=person_id, visitor=visitor, code=code, actor=actor, now=now)
        if account is not None and proof is not None:
            arrival = Arrival(
                person_id=person_id,
                proofing=Proofing(account.proofing),
                proofs=(Proof(method=Method.PASSWORD, at=row.tried_at), proof),
                device_token=readable_device(device_token),
                place=network_of(address),
                visitor=visitor,
            )
            if not HeldOffSignIn.objects.filter(pk=row.pk).delete()[0]:
                raise SecondStepOver
            started = begin_session(arrival=arrival, kind=HistoryKind.SIGNED_IN, actor=actor, now=now)
    if started is None:
        whose = PersonId(row.account_id) if row.account_id else None
        kind = HistoryKind.WRONG_CODE
        note_in_history(person_id=whose, session_id=None, kind=kind, visitor=visitor, actor=actor, now=now)
        raise CodeRefused
    if digits:
        refund(key=_tries_key(row), budgets=budgets.HELD_OFF_TRIES, now=now)
    number = selectors.get_person_record(person_id=started.signed_in.person_id).identity_number
    pressure.note_entered(number=number, actor=actor, now=now)
    return started


def _heard(token: str, now: datetime) -> HeldOffSignIn:
    """Count the try at this sign-in by one statement, and return it."""
    rows = HeldOffSignIn.objects.filter(token_hash=keys.token_hash(token), expires_at__gt=now)
    if not rows.filter(tries__lt=budgets.HELD_OFF_MOST_TRIES).update(tries=F("tries") + 1):
        raise SecondStepOver
    row = rows.first()
    if row is None:
        raise SecondStepOver
    return row


def _count_try(row: HeldOffSignIn, now: datetime) -> bool:
    """Count the try at the account, in every window whatever the others say: the statements tell nothing."""
    decisions = [spend(key=_tries_key(row), budgets=(budget,), now=now) for budget in budgets.HELD_OFF_TRIES]
    return all(decision.allowed for decision in decisions)


def _tries_key(row: HeldOffSignIn) -> str:
    return sent_codes.tries_at_held_off(row.account_id) if row.account_id else f"held-off:tries:nobodys:{row.pk}"


def _opened_by(row: HeldOffSignIn, account: Account | None) -> Account | None:
    """Return the account, if the password that was right still is."""
    if account is None or account.state != AccountState.ACTIVE:
        return None
    return account if mark_of(account.password_hash) == row.password_mark else None


def _use_digits(row: HeldOffSignIn, person_id: PersonId, digits: str, actor: Actor, now: datetime) -> Proof | None:
    """Use up whichever code this is, a sent one or an app's; ask the same of nobody (0) as of everybody else."""
    sent = _use_sent_code(row, person_id, digits, actor, now)
    return sent or use_totp(person_id=person_id, code=totp.read_code(digits), actor=actor, now=now)


def _use_sent_code(row: HeldOffSignIn, person_id: PersonId, digits: str, actor: Actor, now: datetime) -> Proof | None:
    waiting = SentCode.objects.filter(held_off=row, person_id=person_id, closed_at=None, expires_at__gt=now)
    sent = waiting.order_by("-pk").first()
    if sent is None or not sent_codes.is_right(keys.open_sealed(sent.code_sealed, purpose=selectors.SENT_CODE), digits):
        return None
    try:
        consume_code(challenge_id=ChallengeId(sent.pk), actor=actor, now=now)
    except ChallengeOver:
        return None
    found = code_contacts_of(person_id=person_id, now=now)
    contact = next((contact for contact in found if contact.contact_id == sent.contact_id), None)
    return _proof_by(contact, now) if contact else None  # None: it was taken away meanwhile


def _proof_by(contact: CodeContact, now: datetime) -> Proof:
    if contact.step_id is not None:
        Authenticator.objects.filter(pk=contact.step_id).update(last_used_at=now)
    return Proof(method=METHOD_OF[STEP_OF[contact.kind]], at=now, authenticator_id=contact.step_id)
