"""Verify the audit trail as it grows, and all of it again and again."""

from datetime import datetime

from django.conf import settings

from kapi.foundation.audit.verification import VerificationKind, verify_further
from kapi.kernel.actors import system

# Places of the chain in one run: new ones as they may come in a minute, old ones so that the round is no burden.
MOST_NEW = 200_000
MOST_OLD = 50_000


def run(*, now: datetime) -> int:
    """Verify what was sealed since the last run, and the next stretch of the round; return how many faults there are.

    What was found is written down; the page "State of the gateway" and `kapi audit status` show it.
    """
    heads_file, actor = settings.DATA_DIR / "audit-heads.jsonl", system("job:verify_audit")
    found = [
        verify_further(kind=kind, limit=limit, heads_file=heads_file, actor=actor, now=now)
        for kind, limit in ((VerificationKind.LATEST, MOST_NEW), (VerificationKind.ROUND, MOST_OLD))
    ]
    return sum(result.first_bad_row is not None for result in found)
