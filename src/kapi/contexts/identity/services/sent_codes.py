"""Codes that are sent to people: asking for one, having it handed over, hearing what is typed, using it up.

What a code buys is for the caller to do, in the transaction that has used it up. How people are told is for others: we
announce that a code waits, and somebody says later that it has been handed over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from kapi.contexts.identity import selectors
from kapi.contexts.identity.errors import ChallengeOver, TooManyCodes
from kapi.contexts.identity.events import CodeRequested
from kapi.contexts.identity.models import SentCode
from kapi.contexts.identity.rules import sent_codes
from kapi.contexts.identity.rules.contacts import kind_of
from kapi.contexts.identity.values import ChallengeId, CodeUse, ContactId, PersonId, SessionId
from kapi.foundation import keys
from kapi.foundation.audit.services import record
from kapi.foundation.limits.services import spend
from kapi.foundation.outbox.services import publish
from kapi.kernel.actors import Actor
from kapi.kernel.contacts import ContactAddress


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Where a code is to be entered: in a session, at the second step of a begun sign-in, or at a held-off one.

    The others are None.
    """

    session_id: SessionId | None = None
    begun_id: int | None = None
    held_off_id: int | None = None


def ask_for_code(
    *,
    person_id: PersonId,
    use: CodeUse,
    contact: ContactAddress,
    contact_id: ContactId | None,
    waiting: Waiting,
    shares: Sequence[sent_codes.Share],
    actor: Actor,
    now: datetime,
) -> ChallengeId:
    """Make a code for a contact and announce that it is to be sent; any earlier one that waits there is destroyed.

    `waiting` is where it is to be entered, `shares` what it is counted to. Call it outside a transaction: a refusal has
    to leave its counts.

    :raises TooManyCodes: if a share is spent.
    """
    for key, budget in shares:
        decision = spend(key=key, budgets=budget, now=now)
        if not decision.allowed:
            raise TooManyCodes(decision.retry_after)
    where = {
        "session_id": waiting.session_id,
        "begun_id": waiting.begun_id,
        "held_off_id": waiting.held_off_id,
    }
    with transaction.atomic():
        SentCode.objects.filter(closed_at=None, **where).update(closed_at=now, code_sealed=b"")
        row = SentCode.objects.create(
            **where,
            person_id=person_id,
            contact_id=contact_id,
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
