"""Cooling off: for a day after a recovery nothing is removed or changed that its owner had before.

Who gets in by a recovery (a printed code, or a desk) may be a thief of the paper or of the face. Everybody who can be
reached is told, and for as long the owner's own ways in and contacts stay: there is time to come back with them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from kapi.contexts.identity.rules.assurance import STRENGTHS, Factor
from kapi.contexts.identity.values import AuthenticatorId, Method, Proof

# A night and a day's work: whoever reads messages once a day hears of it in time.
LASTS: Final = timedelta(hours=24)
# What recovery is done with. None of these shows that somebody has what they had before.
_RECOVERING: Final = frozenset({Method.SEALED_CODE, Method.RECOVERY_CODE})


@dataclass(frozen=True)
class CoolingOff:
    """The time after a recovery: `since` its moment, `until` when it is over."""

    since: datetime
    until: datetime


def after_recovery(running: CoolingOff | None, now: datetime) -> CoolingOff:
    """Return the cooling-off that a recovery begins, or prolongs.

    One that runs keeps its beginning: what a thief has added since must not come to count as the owner's because the
    thief recovers a second time.
    """
    since = running.since if running and now < running.until else now
    return CoolingOff(since, now + LASTS)


def removable_from(
    running: CoolingOff | None, *, added_at: datetime, proved_with: Collection[datetime], now: datetime
) -> datetime | None:
    """Return from when on a session may remove what was added at `added_at`; None if it may now.

    `proved_with` is since when its owner had what the session was proved with (`proofs_that_count`): who shows what
    was there before the recovery is the owner, whom nothing keeps from locking a thief out.
    """
    if running is None or now >= running.until or added_at >= running.since:
        return None
    if any(shown < running.since for shown in proved_with):
        return None
    return running.until


def is_settled(running: CoolingOff | None, *, added_at: datetime, now: datetime) -> bool:
    """Tell whether a contact has been there for long enough to speak for its owner, where nothing else does yet.

    It was added before a recovery that is not over, and a day ago at least: everybody who can be reached was told of
    it then, and there was time to say that it was somebody else.
    """
    return added_at <= now - LASTS and (running is None or now >= running.until or added_at < running.since)


def proofs_that_count(
    proofs: Sequence[Proof], added: Mapping[AuthenticatorId, datetime], *, for_password: bool = False
) -> tuple[datetime, ...]:
    """Return since when a session's owner had what it was proved with, recovery codes left out.

    An authenticator since it was added here, a certificate since its issuer gave it to its holder: one that a thief of
    the person's face is given after the recovery counts no more than what they add here. Only what shows possession
    counts: not e-mail, which a thief may read as well. For the password it does: who knows that and reads the mail
    needs no recovery to sign in and change it, while an owner who has nothing else could never stop a thief who has
    printed codes, of which each begins another day.
    """
    by_mail = {Method.EMAIL_CODE} if for_password else set[Method]()
    shown = (
        proof
        for proof in proofs
        if proof.method not in _RECOVERING and (_is_possession(proof) or proof.method in by_mail)
    )
    since = (_held_since(proof, added) for proof in shown)
    return tuple(moment for moment in since if moment is not None)


def _is_possession(proof: Proof) -> bool:
    return Factor.POSSESSION in STRENGTHS[proof.method].factors


def _held_since(proof: Proof, added: Mapping[AuthenticatorId, datetime]) -> datetime | None:
    if proof.authenticator_id is None:
        return proof.held_since
    return added.get(proof.authenticator_id)
