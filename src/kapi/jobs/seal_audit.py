"""Seal the audit trail and export the head of its chain."""

from datetime import datetime

from django.conf import settings

from kapi.foundation.audit import services as audit

BATCH = 1000
MOST = 50_000


def run(*, now: datetime) -> int:
    """Seal what is unsealed, at most 50,000 records in one run; heads go to `audit-heads.jsonl` in the data folder."""
    return audit.seal_all(batch=BATCH, most=MOST, heads_file=settings.DATA_DIR / "audit-heads.jsonl", now=now)
