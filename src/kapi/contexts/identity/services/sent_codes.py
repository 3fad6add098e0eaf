"""Codes that are sent to people: asking for one, having it handed over, hearing what is typed, using it up.

What a code buys is for the caller to do, in the transaction that has used it up. How people are told is for others: we
announce that a code waits, and somebody says later that it has been handed over.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from kapi.contexts.identity import selectors
from kapi.contexts.identity.errors import ChallengeOver, TooManyCodes
from kapi.contexts.identity.events import CodeRequested
from kapi.contexts.identity.models import SentCode
from kapi.contexts.identity.rules import budgets, sent_codes
from kapi.contexts.identity.rules.contacts import kind_of
from kapi.contexts.identity.values import ChallengeId, CodeUse, PersonId, SessionId
from kapi.foundation import keys
from kapi.foundation.audit.services import record
from kapi.foundation.limits.services import spend
from kapi.foundation.limits.values import Budget
from kapi.foundation.outbox.services import publish
from kapi.kernel.actors import Actor
from kapi.kernel.contacts import ContactAddress, MobileNumber


def ask_for_code(
    *,
    person_id: PersonId,
    use: CodeUse,
    contact: ContactAddress,
    session_id: SessionId,
    lane: str,
    network: str,
    actor: Actor,
    now: datetime,
) -> ChallengeId:
    """Make a code for a contact and announce that it is to be sent; any earlier one of this session is destroyed.

    `lane` is whose share it is counted to, `network` where it is asked for. Call it outside a transaction: a refusal
    has to leave its counts.

    :raises TooManyCodes: if this lane, the contact, the network, or the block of numbers has been sent too many.
    """
    _spend_sending(lane, contact, network, now)
    with transaction.atomic():
        SentCode.objects.filter(session_id=session_id, closed_at=None).update(closed_at=now, code_sealed=b"")
        row = SentCode.objects.create(
            person_id=person_id,
            session_id=session_id,
            use=use,
            kind=kind_of(contact),
            address_sealed=keys.seal(contact.text, purpose=selectors.CONTACT),
            code_sealed=keys.seal(sent_codes.make_code(), purpose=selectors.SENT_CODE),
            asked_at=now,
            expires_at=now + sent_codes.VALID_FOR,
        )
        record(
            action="identity.code_requested",
            subject_kind="challenge",
            subject_id=str(row.pk),
            actor=actor,
            now=now,
            details={"person_id": person_id, "use": use, "kind": row.kind},
        )
        publish(CodeRequested(challenge_id=row.pk), now=now)
    return ChallengeId(row.pk)


def note_code_sent(*, challenge_id: ChallengeId, actor: Actor, now: datetime) -> None:
    """Write down that a code was handed over, as the one who waits is shown; the first time counts."""
    SentCode.objects.filter(pk=challenge_id, sent_at=None).update(sent_at=now)


def hear_code(*, challenge_id: ChallengeId, shown: str, actor: Actor, now: datetime) -> bool:
    """Count a try by one statement, and only then say whether the code is right. The last wrong try destroys it.

    :raises ChallengeOver: if it was used, has expired, or was tried too often.
    """
    waiting = SentCode.objects.filter(pk=challenge_id, closed_at=None, expires_at__gt=now)
    if not waiting.filter(tries__lt=sent_codes.MOST_TRIES).update(tries=F("tries") + 1):
        raise ChallengeOver
    row = waiting.order_by("pk").first()
    if row is None:
        raise ChallengeOver
    if sent_codes.is_right(keys.open_sealed(row.code_sealed, purpose=selectors.SENT_CODE), shown):
        return True
    if row.tries >= sent_codes.MOST_TRIES:
        waiting.update(closed_at=now, code_sealed=b"")
    return False


def consume_code(*, challenge_id: ChallengeId, actor: Actor, now: datetime) -> None:
    """Use a code up by one statement, in the transaction of what it buys and before it.

    :raises ChallengeOver: if somebody was quicker, or it has expired.
    """
    waiting = SentCode.objects.filter(pk=challenge_id, closed_at=None, expires_at__gt=now)
    if not waiting.update(closed_at=now, code_sealed=b""):
        raise ChallengeOver


def _spend_sending(lane: str, contact: ContactAddress, network: str, now: datetime) -> None:
    """Count the message before it is made, the narrowest share first."""
    shares: list[tuple[str, tuple[Budget, ...]]] = [
        (lane, budgets.CODES),
        (f"codes:to:{contact.text}", budgets.CODES_TO_ADDRESS),
        (f"codes:from:{network}", budgets.CODES_FROM_NETWORK),
    ]
    if isinstance(contact, MobileNumber):
        shares.append((f"codes:block:{contact.block}", budgets.CODES_TO_BLOCK))
    for key, budget in shares:
        decision = spend(key=key, budgets=budget, now=now)
        if not decision.allowed:
            raise TooManyCodes(decision.retry_after)
