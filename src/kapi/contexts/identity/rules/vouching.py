"""Which authenticators count at work: those of which more than a password says that they are their owner's."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final

from kapi.contexts.identity.rules.assurance import STRENGTHS
from kapi.contexts.identity.rules.authenticators import RECENT
from kapi.contexts.identity.values import AuthenticatorId, Method, Proof, Voucher

# Long enough to sit down together at a computer, too short to be found open by who has stolen the password.
ENROLMENT_VALID_FOR: Final = timedelta(hours=1)


def staff_proof_at(proofs: Sequence[Proof], vouched: Collection[AuthenticatorId]) -> datetime | None:
    """Return when it was last proved, in a way that no false page can be handed, by something vouched for."""
    return max((proof.at for proof in proofs if _counts_at_work(proof, vouched)), default=None)


def voucher_of(proofs: Sequence[Proof], vouched: Collection[AuthenticatorId], now: datetime) -> Voucher | None:
    """Return what vouches for an authenticator that is added in a session with these proofs, besides an enrolment.

    Only what was proved a moment ago does, as for everything that changes how one proves oneself.
    """
    fresh = [proof for proof in proofs if now - proof.at <= RECENT]
    if any(_counts_at_work(proof, vouched) for proof in fresh):
        return Voucher.AUTHENTICATOR
    if any(proof.method is Method.SEALED_CODE for proof in fresh):
        return Voucher.DESK
    return None


def _counts_at_work(proof: Proof, vouched: Collection[AuthenticatorId]) -> bool:
    return STRENGTHS[proof.method].is_phishing_resistant and proof.authenticator_id in vouched
