"""Somebody whose sign-in is held off has asked for a code: one is made if their password was right.

It is found out here, after the answer, so that its time tells nothing.
"""

import logging
from datetime import datetime
from typing import Any, Final

from kapi.contexts.identity import services
from kapi.contexts.identity.errors import TooManyCodes
from kapi.kernel.actors import system

_ACTOR: Final = system("reaction:held_off_codes")
_log = logging.getLogger(__name__)


def react(payload: dict[str, Any], *, now: datetime) -> None:
    """Answer `identity.held_off_code_asked.v1`."""
    try:
        services.send_held_off_code(held_off_id=payload["held_off_id"], actor=_ACTOR, now=now)
    except TooManyCodes:
        # Asking again later would send it when nobody waits any more; who asked was told that this may be.
        _log.info("a code for a held-off sign-in was not sent: its person has had as many as anybody may")
