"""How often a member of staff may ask whose number a number is, and read what others did."""

from datetime import datetime, timedelta
from typing import Final

from kapi.foundation.limits.services import count
from kapi.foundation.limits.values import Decision
from kapi.sites.backoffice.door import Staff

LOOKS_PER_HOUR: Final = 120
"""More than a busy desk sees, too few to leaf through the people registered."""

AUDIT_PAGES_PER_HOUR: Final = 300
"""A question followed through the whole trail, page by page; not a program that copies it."""

AUDIT_FILES_PER_HOUR: Final = 10


def count_look(staff: Staff, *, now: datetime) -> Decision:
    """Count one look, wherever it is made: at the desk, when registering, when giving a role."""
    return count(key=f"backoffice.look:{staff.person_id}", limit=LOOKS_PER_HOUR, window=timedelta(hours=1), now=now)


def count_audit_page(staff: Staff, *, now: datetime) -> Decision:
    """Count one page of the audit trail."""
    key = f"backoffice.audit_page:{staff.person_id}"
    return count(key=key, limit=AUDIT_PAGES_PER_HOUR, window=timedelta(hours=1), now=now)


def count_audit_file(staff: Staff, *, now: datetime) -> Decision:
    """Count one file of records of the audit trail."""
    key = f"backoffice.audit_file:{staff.person_id}"
    return count(key=key, limit=AUDIT_FILES_PER_HOUR, window=timedelta(hours=1), now=now)
