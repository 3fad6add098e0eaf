"""Proofs of possession are used up."""

from datetime import datetime

from kapi.contexts.openid.models import UsedProof
from kapi.contexts.openid.rules.dpop import proof_is_fresh
from kapi.contexts.openid.values.dpop import Proof
from kapi.foundation.settled import settings
from kapi.foundation.turns import Once, Step
from kapi.kernel.actors import Actor


def use_up_proof(*, proof: Proof, actor: Actor, now: datetime) -> None:
    """Use up a proof (RFC 9449, 11.1): the unique row is the one atomic statement; it is kept while `iat` could pass.

    Call it once the one who shows it has been found worth a row: strangers can make as many good proofs as they like.

    :raises InvalidDpopProof: if it was used before.
    """
    proof_is_fresh(using_up_proof(proof=proof, actor=actor, now=now).take())


def using_up_proof(*, proof: Proof, actor: Actor, now: datetime) -> Step:
    """Return that as a step among others (`take_in_turn`); where it is not done, the proof was used before."""
    return Once(UsedProof, proof_hash=proof.id, expires_at=now + 2 * settings.OPENID.proof_window)
