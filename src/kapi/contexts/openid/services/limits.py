"""Counting what the protocol endpoints hear from one origin.

Never inside a transaction: a refusal must leave its count.

Where a request came without an address (a Unix socket with no proxy before it) nothing is counted, for all the world
would be one origin.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NoReturn

from kapi.contexts.openid.errors import InvalidClient, TooManyRequests
from kapi.contexts.openid.rules import limits
from kapi.foundation.limits.services import Counting, asking_to_spend, foresee, spend
from kapi.foundation.limits.values import Budget, Decision
from kapi.foundation.statements import Asking
from kapi.foundation.turns import Step
from kapi.kernel.actors import Actor
from kapi.kernel.networks import origin_of


def check_may_prove_itself(*, client_id: str, address: str, actor: Actor, now: datetime) -> None:
    """Refuse to hear a client that has failed too often from where it is; nothing is counted.

    :raises InvalidClient: if so.
    """
    origin = origin_of(address)
    if not origin:
        return
    decision = foresee(key=_proofs(client_id, origin), budgets=limits.FAILED_PROOFS, now=now)
    if not decision.allowed:
        raise _too_many_failures(decision)


def count_failed_proof(*, client_id: str, address: str, actor: Actor, now: datetime) -> None:
    """Count a failed client authentication; `client_id` is empty where it is no client's.

    :raises InvalidClient: if there were too many of them from there.
    """
    origin = origin_of(address)
    decision = _spend(_proofs(client_id, origin), limits.FAILED_PROOFS, origin, now)
    if decision and not decision.allowed:
        raise _too_many_failures(decision)


def count_bad_token(*, address: str, actor: Actor, now: datetime) -> None:
    """Count an access token that is not good.

    :raises TooManyRequests: if there were too many of them from there.
    """
    _count("bad-token", limits.BAD_TOKENS, address, now)


def count_machine_token(*, client_id: str, actor: Actor, now: datetime) -> None:
    """Count a token that somebody gets for a client itself.

    :raises TooManyRequests: if it had too many.
    """
    if not counting_machine_token(client_id=client_id, actor=actor, now=now).take():
        refuse_machine_token(client_id=client_id, actor=actor, now=now)


def counting_machine_token(*, client_id: str, actor: Actor, now: datetime) -> Step:
    """Return the step that counts a token which a client, that has proved itself, gets for itself."""
    [budget] = limits.MACHINE_TOKENS
    return Counting(key=_machine_tokens(client_id), budget=budget, now=now)


def refuse_machine_token(*, client_id: str, actor: Actor, now: datetime) -> NoReturn:
    """Tell a client that had too many tokens for itself when to come back.

    :raises TooManyRequests: always.
    """
    decision = foresee(key=_machine_tokens(client_id), budgets=limits.MACHINE_TOKENS, now=now)
    raise TooManyRequests(decision.retry_after, whose="client")


def count_brought_request(*, address: str, actor: Actor, now: datetime) -> None:
    """Count a request that a browser brings, before it is read.

    :raises TooManyRequests: if there were too many of them from there.
    """
    _count("brought", limits.BROUGHT, address, now)


def counting_brought_request(*, address: str, actor: Actor, now: datetime) -> Asking[Decision] | None:
    """Return that as something to be asked together with others, for `rules.limits.are_not_too_many`.

    None where nothing is left to ask: it was counted by something else than the database, or nobody knows from where.

    :raises TooManyRequests: if it was counted already, and there were too many.
    """
    origin, [budget] = origin_of(address), limits.BROUGHT
    if not origin:
        return None
    asking = asking_to_spend(key=_of_origin("brought", origin), budget=budget, now=now)
    if asking is None:
        count_brought_request(address=address, actor=actor, now=now)
    return asking


def _count(what: str, budgets: Sequence[Budget], address: str, now: datetime) -> None:
    origin = origin_of(address)
    decision = _spend(_of_origin(what, origin), budgets, origin, now)
    if decision:
        limits.are_not_too_many(decision)


def _too_many_failures(decision: Decision) -> InvalidClient:
    return InvalidClient(
        "too many failed client authentications from this address; wait as Retry-After says",
        retry_after=decision.retry_after,
    )


def _of_origin(what: str, origin: str) -> str:
    return f"openid:{what}:{origin}"


def _machine_tokens(client_id: str) -> str:
    return f"openid:machine-token:{client_id}"


def _proofs(client_id: str, origin: str) -> str:
    return f"openid:failed-proof:{origin}:{client_id}"


def _spend(key: str, budgets: Sequence[Budget], origin: str, now: datetime) -> Decision | None:
    return spend(key=key, budgets=budgets, now=now) if origin else None
