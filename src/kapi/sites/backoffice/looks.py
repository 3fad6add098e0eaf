"""How often a member of staff may ask whose number a number is."""

from datetime import datetime, timedelta
from typing import Final

from kapi.foundation.limits.services import count
from kapi.foundation.limits.values import Decision
from kapi.sites.backoffice.door import Staff

LOOKS_PER_HOUR: Final = 120
"""More than a busy desk sees, too few to leaf through the people registered."""


def count_look(staff: Staff, *, now: datetime) -> Decision:
    """Count one look, wherever it is made: at the desk, when registering, when giving a role."""
    return count(key=f"backoffice.look:{staff.person_id}", limit=LOOKS_PER_HOUR, window=timedelta(hours=1), now=now)
