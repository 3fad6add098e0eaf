"""The help desk: how long a code, a question and an assisted session last, and which move leads from where to where."""

import secrets
from datetime import datetime, timedelta
from typing import Final

from kapi.contexts.identity.rules.codes import ALPHABET, read_code
from kapi.contexts.identity.values import AssistanceEnd, AssistanceState

# As long as it takes to read eight signs out on the telephone, twice.
CODE_VALID_FOR: Final = timedelta(minutes=5)
ANSWER_WITHIN: Final = timedelta(minutes=10)
LASTS: Final = timedelta(minutes=15)
_LENGTH: Final = 8

# Who may end what, and what it is called then.
MOVES: Final[dict[tuple[AssistanceState, AssistanceEnd], AssistanceState]] = {
    (AssistanceState.ASKED, AssistanceEnd.DECLINED): AssistanceState.ENDED,
    (AssistanceState.ASKED, AssistanceEnd.BY_STAFF): AssistanceState.ENDED,
    (AssistanceState.ASKED, AssistanceEnd.BY_TIME): AssistanceState.ENDED,
    (AssistanceState.ASKED, AssistanceEnd.REPLACED): AssistanceState.ENDED,
    (AssistanceState.AGREED, AssistanceEnd.BY_CITIZEN): AssistanceState.ENDED,
    (AssistanceState.AGREED, AssistanceEnd.BY_STAFF): AssistanceState.ENDED,
    (AssistanceState.AGREED, AssistanceEnd.BY_TIME): AssistanceState.ENDED,
    (AssistanceState.AGREED, AssistanceEnd.REPLACED): AssistanceState.ENDED,
}


def make_support_code() -> str:
    """Make a code to be read out: `XXXX-XXXX`, 36 random bits, of signs that sound different."""
    signs = "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH))
    return f"{signs[:4]}-{signs[4:]}"


def read_support_code(typed: str) -> str:
    """Return the form in which a code is digested; empty for what is none."""
    bare = read_code(typed[:40])
    return bare if len(bare) == _LENGTH and all(sign in ALPHABET for sign in bare) else ""


def state_of(
    *, agreed_at: datetime | None, ends_at: datetime | None, answer_until: datetime, ended: bool, now: datetime
) -> AssistanceState:
    """Return where an assisted session stands: its time runs out by itself, whether anybody wrote it down or not."""
    if ended:
        return AssistanceState.ENDED
    if agreed_at is None or ends_at is None:
        return AssistanceState.ASKED if now < answer_until else AssistanceState.ENDED
    return AssistanceState.AGREED if now < ends_at else AssistanceState.ENDED
