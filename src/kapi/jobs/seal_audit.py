"""Seal the audit trail and export the head of its chain."""

from datetime import datetime

from django.conf import settings

from kapi.foundation.audit import services as audit

BATCH = 1000
MOST_BATCHES = 50


def run(*, now: datetime) -> int:
    """Seal what is unsealed, at most 50,000 records in one run; heads go to `audit-heads.jsonl` in the data folder."""
    done = 0
    for _ in range(MOST_BATCHES):
        sealed = audit.seal(limit=BATCH, heads_file=settings.DATA_DIR / "audit-heads.jsonl", now=now)
        done += sealed
        if sealed < BATCH:
            break
    return done
