"""Questions about lists of stolen passwords, and who is let in while they are tried."""

from datetime import datetime
from typing import Final

from kapi.contexts.identity.models import Authenticator
from kapi.contexts.identity.rules.pressure import ALARM
from kapi.contexts.identity.values import AuthenticatorKind
from kapi.foundation.limits.services import peek

_SECOND: Final = tuple(kind for kind in AuthenticatorKind if kind is not AuthenticatorKind.PASSKEY)


def are_lists_tried(*, now: datetime) -> bool:
    """Tell whether lists of passwords are being tried at the gateway. One question to the counters."""
    return not peek(key=ALARM, limit=1, now=now).allowed


def has_second_step(*, account_id: int) -> bool:
    """Tell whether a right password is not enough for this account; 0 is none. One query in any case."""
    return Authenticator.objects.filter(person_id=account_id, kind__in=_SECOND).exists()
