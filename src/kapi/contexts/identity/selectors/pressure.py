"""Questions about lists of stolen passwords, and who is let in while they are tried."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kapi.contexts.identity.models import Authenticator, Session
from kapi.contexts.identity.rules.pressure import ALARM, BEGAN, BEGAN_IS_KEPT_FOR
from kapi.contexts.identity.values import AuthenticatorKind
from kapi.foundation.limits.services import peek
from kapi.foundation.statements import Question, Slot

_SECOND: Final = tuple(kind for kind in AuthenticatorKind if kind is not AuthenticatorKind.PASSKEY)
_HAS_SECOND_STEP: Final = Question(
    lambda: Authenticator.objects.filter(person_id=Slot("id"), kind__in=_SECOND).values_list("pk", flat=True)[:1]
)
_HAS_BEEN_AT: Final = Question(
    lambda: Session.objects.filter(person_id=Slot("id"), network=Slot("network"), device__isnull=False).values_list(
        "pk", flat=True
    )[:1]
)


@dataclass(frozen=True)
class ListsTried:
    """Since when lists of passwords are tried, and until when it is at least taken to be so."""

    since: datetime
    until: datetime


def are_lists_tried(*, now: datetime) -> bool:
    """Tell whether lists of passwords are being tried at the gateway. One question to the counters."""
    return not peek(key=ALARM, limit=1, now=now).allowed


def lists_tried(*, now: datetime) -> ListsTried | None:
    """Return since when lists of passwords are tried, for operators; None while they are not."""
    standing = peek(key=ALARM, limit=1, now=now)
    if standing.allowed:
        return None
    began = peek(key=BEGAN, limit=1, now=now)
    return ListsTried(since=now + began.retry_after - BEGAN_IS_KEPT_FOR, until=now + standing.retry_after)


def has_second_step(*, account_id: int) -> bool:
    """Tell whether a right password is not enough for this account; 0 is none. One query in any case."""
    return _HAS_SECOND_STEP.first(id=account_id) is not None


def has_been_at(*, account_id: int, network: str) -> bool:
    """Tell whether the owner has signed in from a network, on a device that still stands for the account.

    A device remembers only where it was last; its sessions, while they are kept, remember where it was before: of who
    signs in at home and then at work on the same telephone, both are known. A device that was taken away, for it was
    not theirs, takes its networks along. An empty one, of who came from nowhere that could be read, is nobody's. 0 is
    nobody's account. One query in any case.
    """
    return _HAS_BEEN_AT.first(id=account_id, network=network) is not None and bool(network)
