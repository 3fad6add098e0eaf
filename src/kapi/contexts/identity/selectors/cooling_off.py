"""Questions about the day after a recovery."""

from datetime import datetime

from kapi.contexts.identity.models import Account
from kapi.contexts.identity.rules.cooling_off import CoolingOff
from kapi.contexts.identity.values import PersonId


def cooling_off_of(*, person_id: PersonId, now: datetime) -> CoolingOff | None:
    """Return the cooling-off that runs for a person, None where none does. One query."""
    rows = Account.objects.filter(pk=person_id, cooling_off_until__gt=now).order_by("pk")
    since, until = rows.values_list("cooling_off_since", "cooling_off_until").first() or (None, None)
    return CoolingOff(since, until) if since and until else None
