"""What a mandate is good for."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from kapi.contexts.mandates.values import MandateRecord, MandateScope, Terms

# An answer this young is not asked for again when a page is opened.
FRESH = timedelta(minutes=1)
# What a register has stated is relied on this long without hearing it again: a register that stays silent must not
# leave people acting for companies that have long taken their mandate back.
RELIED_ON = timedelta(days=7)


def is_in_term(terms: Terms, *, now: datetime) -> bool:
    """Tell whether the register's own term has begun and is not over."""
    return terms.starts_at <= now and (terms.ends_at is None or now < terms.ends_at)


def is_good(mandate: MandateRecord, *, now: datetime) -> bool:
    """Tell whether somebody may act on a mandate: not ended, in its term, and confirmed not too long ago."""
    return mandate.ended_at is None and is_in_term(mandate.terms, now=now) and now < mandate.confirmed_at + RELIED_ON


def covered_services(mandate: MandateRecord, offered: Iterable[str]) -> frozenset[str] | None:
    """Return which of the offered services a mandate covers; None for all of them, whatever they are."""
    return None if mandate.terms.scope is MandateScope.ALL else mandate.terms.services & frozenset(offered)


def is_fresh(answered_at: datetime | None, *, now: datetime) -> bool:
    """Tell whether the register has answered so lately that it is not asked again."""
    return answered_at is not None and now < answered_at + FRESH
