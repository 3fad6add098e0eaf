"""What a mandate is good for."""

from datetime import datetime, timedelta

from kapi.contexts.mandates.values import EndReason, MandateRecord, Terms

# An answer this young is not asked for again when a page is opened.
FRESH = timedelta(minutes=1)
# What a register has stated is relied on this long without hearing it again: a register that stays silent must not
# leave people acting for companies that have long taken their mandate back.
RELIED_ON = timedelta(days=7)
# How old an answer may become before the worker asks anew: while somebody acts on it, and otherwise.
ASK_ABOUT_ACTING = timedelta(minutes=10)
ASK_ABOUT_OTHERS = timedelta(days=1)


def is_in_term(terms: Terms, *, now: datetime) -> bool:
    """Tell whether the register's own term has begun and is not over."""
    return terms.starts_at <= now and (terms.ends_at is None or now < terms.ends_at)


def is_good(mandate: MandateRecord, *, now: datetime) -> bool:
    """Tell whether somebody may act on a mandate: not ended, in its term, and confirmed not too long ago."""
    return mandate.ended_at is None and is_in_term(mandate.terms, now=now) and now < mandate.confirmed_at + RELIED_ON


def overdue_reason(mandate: MandateRecord, *, now: datetime) -> EndReason:
    """Say why a mandate that nobody has ended is good no more."""
    return EndReason.SILENT if is_in_term(mandate.terms, now=now) else EndReason.EXPIRED


def is_fresh(answered_at: datetime | None, *, now: datetime) -> bool:
    """Tell whether the register has answered so lately that it is not asked again."""
    return answered_at is not None and now < answered_at + FRESH
