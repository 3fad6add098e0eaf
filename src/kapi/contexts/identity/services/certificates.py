"""Signing in with a certificate: on an e-signature's card or stick, or on the identity card's chip.

The holder signs a statement of ours with any program for signing, and sends the signature in. It is checked by
`rules/signatures.py` and `rules/certificates.py`, its issuer is asked about revocation, and then, before anything is
granted, the statement is consumed by one statement of the database.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction

from kapi.contexts.identity import selectors
from kapi.contexts.identity.errors import (
    AnotherPerson,
    CertificateRefused,
    HolderWithoutAccount,
    NoPasswordYet,
)
from kapi.contexts.identity.models import Account, HistoryRow, Person
from kapi.contexts.identity.rules import budgets, statements
from kapi.contexts.identity.rules.certificates import Trusted, find_path
from kapi.contexts.identity.rules.signatures import check_signature
from kapi.contexts.identity.rules.visitors import Caller, describe_caller
from kapi.contexts.identity.services.entrance import Arrival, begin_session, renew_session, use_up
from kapi.contexts.identity.services.history import note_in_history
from kapi.contexts.identity.services.revocation import check_revocation
from kapi.contexts.identity.services.sessions import own_open_session
from kapi.contexts.identity.services.tries import count_try
from kapi.contexts.identity.values import (
    AccountState,
    CertificateFault,
    CertificateUse,
    HistoryKind,
    Method,
    PersonId,
    Proof,
    Proofing,
    SessionId,
    SignedStatement,
    StartedSession,
)
from kapi.foundation.audit.services import record
from kapi.foundation.limits.services import refund
from kapi.kernel.actors import Actor

UPLOADED: Final = frozenset({CertificateUse.E_SIGNATURE, CertificateUse.IDENTITY_CARD})
_TOLD_EVERY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Holder:
    """Whose certificate was shown, what it proves, and since when they have it."""

    person_id: PersonId
    method: Method
    held_since: datetime


def sign_in_with_certificate(
    *,
    signed: SignedStatement,
    address: str,
    device_token: str | None,
    user_agent: str,
    actor: Actor,
    now: datetime,
) -> StartedSession:
    """Start a session for whoever has signed a statement of ours with a certificate on the trust list.

    `device_token` is as for `sign_in_with_password`. Asks the issuer: call it outside a transaction.

    :raises CertificateRefused: if signature or certificate cannot be accepted.
    :raises RevocationUnknown: if the issuer does not say whether it has been revoked; the statement stays good.
    :raises HolderWithoutAccount: if its holder has no account here.
    :raises NoPasswordYet: if its holder has an account, and a sealed code that must be used first.
    :raises TooManyAttempts: if too many were refused before.
    """
    caller = describe_caller(address=address, device_token=device_token, user_agent=user_agent)
    holder = _prove(caller, signed, actor, now)
    with transaction.atomic():
        arrival = arrive(caller=caller, holder=holder, actor=actor, now=now)
        return begin_session(arrival=arrival, kind=HistoryKind.SIGNED_IN, actor=actor, now=now)


def reauthenticate_with_certificate(
    *,
    session_id: SessionId,
    signed: SignedStatement,
    address: str,
    device_token: str | None,
    user_agent: str,
    actor: Actor,
    now: datetime,
) -> StartedSession:
    """Let whoever is signed in prove with a certificate that it is them: anew, or better than before (RFC 9470).

    The same session goes on, as fresh as a new one, and as strong as the certificate alone: nothing is stronger.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    :raises AnotherPerson: if it is somebody else's certificate; nothing has changed.
    :raises CertificateRefused: if signature or certificate cannot be accepted.
    :raises RevocationUnknown: if the issuer does not say whether it has been revoked; the statement stays good.
    :raises HolderWithoutAccount: if its holder has no account here.
    :raises NoPasswordYet: if its holder has an account, and a sealed code that must be used first.
    :raises TooManyAttempts: if too many were refused before.
    """
    present = own_open_session(session_id=session_id, actor=actor, now=now)
    caller = describe_caller(address=address, device_token=device_token, user_agent=user_agent)
    holder = _prove(caller, signed, actor, now)
    if holder.person_id != present.person_id:
        raise AnotherPerson
    with transaction.atomic():
        arrival = arrive(caller=caller, holder=holder, actor=actor, now=now)
        return renew_session(session_id=session_id, arrival=arrival, actor=actor, now=now)


def prove_holder(
    *,
    caller: Caller,
    signature: bytes,
    document: bytes,
    uses: frozenset[CertificateUse],
    actor: Actor,
    now: datetime,
) -> Holder:
    """Check a signature over a document and the certificate that it was made with; return whose it is.

    :raises CertificateRefused: if one of them cannot be accepted.
    :raises RevocationUnknown: if the issuer does not say whether it has been revoked.
    :raises HolderWithoutAccount: if its holder has no account here.
    """
    signed = check_signature(signature, document)
    trusted = find_path(signed, settings.CERTIFICATES.issuers, uses, now)
    try:
        check_revocation(trusted=trusted, actor=actor, now=now)
    except CertificateRefused as refusal:
        if refusal.fault is CertificateFault.REVOKED:
            _tell_owner(trusted, caller, actor, now)
        raise
    person_id = selectors.find_person(identity_number=trusted.number)
    if person_id is None or not Account.objects.filter(pk=person_id).exists():
        raise HolderWithoutAccount
    return Holder(person_id, trusted.method, signed.certificate.not_valid_before)


def arrive(*, caller: Caller, holder: Holder, actor: Actor, now: datetime) -> Arrival:
    """Lock the account, and return the arrival of its owner, in the caller's transaction.

    :raises HolderWithoutAccount: if it was closed.
    :raises NoPasswordYet: if they have a sealed code that must be used first.
    """
    account = Account.objects.select_for_update(of=("self",)).get(pk=holder.person_id)
    if account.state == AccountState.CLOSED:
        raise HolderWithoutAccount
    if account.state != AccountState.ACTIVE:
        raise NoPasswordYet
    proof = Proof(method=holder.method, at=now, held_since=holder.held_since)
    return Arrival.of(caller, person_id=holder.person_id, proofing=Proofing(account.proofing), proof=proof)


def _prove(caller: Caller, signed: SignedStatement, actor: Actor, now: datetime) -> Holder:
    """Count the try, check what was sent, and consume the statement."""
    key = f"certificate:origin:{caller.origin}"
    share = budgets.at(caller.origin, budgets.CERTIFICATE_ORIGIN)
    count_try(key=key, budgets=share, actor=actor, now=now)
    statement = selectors.statement_for(browser=signed.browser, going_to=signed.going_to)
    statements.handle_is_ours(signed.handle, statement, now)
    holder = prove_holder(
        caller=caller,
        signature=signed.signature,
        document=statements.document_of(signed.handle, statement),
        uses=UPLOADED,
        actor=actor,
        now=now,
    )
    ends_at = statements.ends_at(signed.handle)
    if not use_up(challenge=signed.handle, expires_at=ends_at, actor=actor, now=now):
        raise CertificateRefused(CertificateFault.CHALLENGE)
    refund(key=key, budgets=share, now=now)
    return holder


def _tell_owner(trusted: Trusted, caller: Caller, actor: Actor, now: datetime) -> None:
    """Leave a line for whoever had a certificate revoked that somebody still uses: one a day, however often they try.

    The audit trail has each of the tries.
    """
    person_id = selectors.find_person(identity_number=trusted.number)
    if person_id is None:
        return
    with transaction.atomic():
        kind = HistoryKind.CERTIFICATE_REFUSED
        Person.objects.select_for_update(of=("self",)).get(pk=person_id)  # so that two tries at once leave one line
        lines = HistoryRow.objects.filter(person_id=person_id, kind=kind, at__gt=now - _TOLD_EVERY)
        if not lines.exists():
            visitor = caller.visitor
            note_in_history(person_id=person_id, session_id=None, kind=kind, visitor=visitor, actor=actor, now=now)
        record(
            action="identity.certificate_refused",
            subject_kind="person",
            subject_id=str(person_id),
            actor=actor,
            now=now,
            details={"method": trusted.method, "fault": CertificateFault.REVOKED},
        )
