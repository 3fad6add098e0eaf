"""Signing in with a mobile signature: a statement of ours is signed on a telephone, with the PIN of its SIM.

The order is written down, the supplier is called outside every transaction, and what it says is written down. A job
asks about what is pending; the page may ask in between. A signature that came is checked like any other
(`certificates`), and the row is consumed by one statement before the session is made.
"""

import base64
import secrets
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from kapi.contexts.identity import selectors
from kapi.contexts.identity.errors import (
    AnotherPerson,
    CertificateRefused,
    HolderWithoutAccount,
    MobileSignatureOver,
    NoMobileSignature,
    SignerUnavailable,
)
from kapi.contexts.identity.models import MobileSignature, Person
from kapi.contexts.identity.providers.registry import get_signer
from kapi.contexts.identity.rules import budgets, statements
from kapi.contexts.identity.rules.telephones import ASK_EVERY, PATIENCE, code_of, words_for
from kapi.contexts.identity.rules.visitors import Caller, describe_caller
from kapi.contexts.identity.services.certificates import Holder, arrive, prove_holder
from kapi.contexts.identity.services.entrance import begin_session, renew_session
from kapi.contexts.identity.services.history import NOWHERE, note_in_history
from kapi.contexts.identity.services.sessions import own_open_session
from kapi.contexts.identity.services.tries import count_try
from kapi.contexts.identity.values import (
    CertificateUse,
    HistoryKind,
    MobileAnswer,
    MobileOrder,
    MobileState,
    MobileView,
    PersonId,
    SessionId,
    StartedSession,
)
from kapi.foundation import keys
from kapi.foundation.limits.services import refund
from kapi.foundation.limits.values import Budget
from kapi.kernel.actors import Actor
from kapi.kernel.contacts import MobileNumber
from kapi.kernel.identifiers import IdentityNumber
from kapi.kernel.networks import network_of, origin_of

_WAITING: Final = (MobileState.ASKED, MobileState.PENDING)
# An order whose start nobody has heard the end of: it was never shown to anybody here.
_LOST_AFTER: Final = timedelta(seconds=30)


def start_mobile_signature(
    *,
    identity_number: IdentityNumber,
    number: MobileNumber,
    going_to: str,
    browser: str,
    session_id: SessionId | None,
    address: str,
    actor: Actor,
    now: datetime,
) -> str:
    """Have a telephone ask its holder to sign that they are signing in; return the id of what is waited for.

    `browser` is the secret of the browser's own cookie, which alone can go on with it; `session_id` is the session that
    is to go on, None if one is to begin. Nothing that is said depends on whether the identity number is anybody's.
    Calls out: never use it inside a transaction.

    :raises SessionOver: if the session that is to go on is not under way, or is not the actor's.
    :raises TooManyAttempts: if this telephone was asked too often, or too much was asked for from here.
    :raises SignerUnavailable: if the supplier does not answer.
    """
    if session_id is not None:
        own_open_session(session_id=session_id, actor=actor, now=now)
    _count(number, address, actor, now)
    statement = selectors.statement_for(browser=browser, going_to=going_to)
    document = statements.document_of(statements.make_handle(statement, now), statement)
    row = MobileSignature.objects.create(
        pk=secrets.token_urlsafe(32),
        browser_hash=keys.token_hash(browser),
        session_id=session_id,
        number_digest=_digest_of(identity_number),
        document=document.decode(),
        code=code_of(document),
        state=MobileState.ASKED,
        created_at=now,
        ask_at=now + _LOST_AFTER,
        expires_at=now + PATIENCE,
    )
    order = MobileOrder(
        key=row.pk,
        number=number,
        document=document,
        words=words_for(site=statement.site, brand=statement.brand, going_to=going_to),
        code=row.code,
    )
    try:
        reference = get_signer().start(order=order, now=now)
    except NoMobileSignature:
        _move(row.pk, MobileState.ASKED, MobileState.UNKNOWN_NUMBER)
    except SignerUnavailable:
        _move(row.pk, MobileState.ASKED, MobileState.FAILED)
        raise
    else:
        _move(row.pk, MobileState.ASKED, MobileState.PENDING, reference=reference, ask_at=now + ASK_EVERY)
    return row.pk


def look_at_mobile_signature(*, signature_id: str, browser: str, actor: Actor, now: datetime) -> MobileView:
    """Return where a mobile signature stands; the supplier is asked if it is time to. Calls out.

    :raises MobileSignatureOver: if there is none of this id for this browser, or it was used.
    """
    row = _own(signature_id, browser)
    if row.state == MobileState.PENDING and row.ask_at <= now:
        _ask(row, actor, now)
        row = _own(signature_id, browser)
    return MobileView(state=MobileState(row.state), code=row.code, expires_at=row.expires_at)


def ask_about_mobile_signatures(*, limit: int, actor: Actor, now: datetime) -> int:
    """Ask the supplier about up to `limit` that are waited for, the longest waiting first; return how many.

    Calls out: never use it inside a transaction. One that nobody has answered in time is over.
    """
    due = MobileSignature.objects.filter(state__in=_WAITING, ask_at__lte=now).order_by("ask_at", "pk")[:limit]
    return sum(_ask(row, actor, now) for row in due)


def cancel_mobile_signature(*, signature_id: str, browser: str, actor: Actor, now: datetime) -> None:
    """Wait no longer; the telephone is told to ask no longer, if that can be done. Calls out.

    :raises MobileSignatureOver: if there is none of this id for this browser, or it was used.
    """
    row = _own(signature_id, browser)
    is_waited_for = MobileSignature.objects.filter(pk=row.pk, state__in=(*_WAITING, MobileState.SIGNED))
    if is_waited_for.update(state=MobileState.CANCELLED, signature_sealed=b"") and row.reference:
        try:
            get_signer().cancel(reference=row.reference)
        except SignerUnavailable:
            return  # it ends there by itself, and here nobody waits for it


def finish_with_mobile_signature(
    *,
    signature_id: str,
    browser: str,
    address: str,
    device_token: str | None,
    user_agent: str,
    actor: Actor,
    now: datetime,
) -> StartedSession:
    """Check the signature that came, and start the session or let the one go on that it was asked for.

    Asks the issuer of the certificate: call it outside a transaction.

    :raises MobileSignatureOver: if there is none of this id for this browser, it was used, or nothing was signed.
    :raises CertificateRefused: if signature or certificate cannot be accepted.
    :raises RevocationUnknown: if the issuer does not say whether it has been revoked; trying again may help.
    :raises AnotherPerson: if it is somebody else's than the identity number that was typed, or than the session.
    :raises HolderWithoutAccount: if its holder has no account here.
    :raises NoPasswordYet: if its holder has an account, and a sealed code that must be used first.
    :raises SessionOver: if the session that was to go on has ended.
    """
    row = _own(signature_id, browser)
    if row.state != MobileState.SIGNED or now >= row.expires_at:
        raise MobileSignatureOver
    caller = describe_caller(address=address, device_token=device_token, user_agent=user_agent)
    holder = _prove(row, caller, actor, now)
    with transaction.atomic():
        if not MobileSignature.objects.filter(pk=row.pk, state=MobileState.SIGNED).delete()[0]:
            raise MobileSignatureOver
        arrival = arrive(caller=caller, holder=holder, actor=actor, now=now)
        if row.session_id is None:
            started = begin_session(arrival=arrival, kind=HistoryKind.SIGNED_IN, actor=actor, now=now)
        else:
            session_id = SessionId(row.session_id)
            started = renew_session(session_id=session_id, arrival=arrival, actor=actor, now=now)
    for key, budget in _places(address):
        refund(key=key, budgets=budget, now=now)
    return started


def _prove(row: MobileSignature, caller: Caller, actor: Actor, now: datetime) -> Holder:
    """Return whose signature it is; one that cannot be accepted ends what was waited for."""
    signature = base64.b64decode(keys.open_sealed(row.signature_sealed, purpose=selectors.MOBILE_SIGNATURE))
    try:
        holder = prove_holder(
            caller=caller,
            signature=signature,
            document=row.document.encode(),
            uses=frozenset({CertificateUse.MOBILE_SIGNATURE}),
            actor=actor,
            now=now,
        )
    except (CertificateRefused, HolderWithoutAccount):
        _move(row.pk, MobileState.SIGNED, MobileState.FAILED, signature_sealed=b"")
        raise
    if not _is_whom_one_named(row, holder):
        _move(row.pk, MobileState.SIGNED, MobileState.FAILED, signature_sealed=b"")
        raise AnotherPerson
    return holder


def _is_whom_one_named(row: MobileSignature, holder: Holder) -> bool:
    """Whether the signature is by whose identity number was typed, and by whose session is to go on."""
    number = selectors.get_person_record(person_id=holder.person_id).identity_number
    is_named = row.number_digest in keys.digests(number.digits, purpose=selectors.NUMBER)
    return is_named and (row.session is None or row.session.person_id == holder.person_id)


def _digest_of(number: IdentityNumber) -> str:
    """Return the digest under which its owner is known, which may be a former secret key's, or one of our own."""
    digests = keys.digests(number.digits, purpose=selectors.NUMBER)
    known = Person.objects.filter(number_digest__in=digests).values_list("number_digest", flat=True).order_by("pk")
    return known.first() or digests[0]


def _ask(row: MobileSignature, actor: Actor, now: datetime) -> bool:
    """Ask about one, unless another process does so at this moment; write down what is said."""
    claimed = MobileSignature.objects.filter(pk=row.pk, state=row.state, ask_at=row.ask_at)
    if not claimed.update(ask_at=now + ASK_EVERY):
        return False
    if row.state == MobileState.ASKED:
        _move(row.pk, MobileState.ASKED, MobileState.FAILED)
        return True
    try:
        answer = get_signer().ask(reference=row.reference, now=now)
    except SignerUnavailable:
        answer = MobileAnswer(state=MobileState.PENDING)
    if answer.state is MobileState.PENDING:
        if now >= row.expires_at:
            _move(row.pk, MobileState.PENDING, MobileState.EXPIRED)
        return True
    if answer.state is MobileState.SIGNED and not answer.signature:
        answer = MobileAnswer(state=MobileState.FAILED)
    _write_down(row, answer, actor, now)
    return True


def _write_down(row: MobileSignature, answer: MobileAnswer, actor: Actor, now: datetime) -> None:
    text = base64.b64encode(answer.signature).decode()
    sealed = keys.seal(text, purpose=selectors.MOBILE_SIGNATURE) if answer.signature else b""
    with transaction.atomic():
        moved = _move(row.pk, MobileState.PENDING, answer.state, signature_sealed=sealed)
        person = Person.objects.filter(number_digest=row.number_digest).first()
        if moved and person is not None and answer.state is MobileState.REFUSED:
            # Whoever refuses has not asked for it: somebody else has typed their numbers.
            kind = HistoryKind.SIGNATURE_REFUSED
            person_id = PersonId(person.pk)
            note_in_history(person_id=person_id, session_id=None, kind=kind, visitor=NOWHERE, actor=actor, now=now)


def _own(signature_id: str, browser: str) -> MobileSignature:
    rows = MobileSignature.objects.select_related("session")
    row = rows.filter(pk=signature_id, browser_hash=keys.token_hash(browser)).first() if browser else None
    if row is None:
        raise MobileSignatureOver
    return row


def _move(pk: str, former: MobileState, state: MobileState, **columns: object) -> bool:
    return MobileSignature.objects.filter(Q(pk=pk, state=former)).update(state=state, **columns) == 1


def _count(number: MobileNumber, address: str, actor: Actor, now: datetime) -> None:
    """Count before anybody's telephone lights up. What one telephone was asked is given back to nobody."""
    lanes = (*_places(address), (f"mobile:telephone:{number.digits}", budgets.MOBILE_TO_TELEPHONE))
    for key, budget in lanes:
        count_try(key=key, budgets=budget, actor=actor, now=now)


def _places(address: str) -> tuple[tuple[str, tuple[Budget, ...]], ...]:
    origin, network = origin_of(address), network_of(address)
    return (
        (f"mobile:origin:{origin}", budgets.at(origin, budgets.MOBILE_ORIGIN)),
        (f"mobile:network:{network}", budgets.at(network, budgets.MOBILE_NETWORK)),
    )
