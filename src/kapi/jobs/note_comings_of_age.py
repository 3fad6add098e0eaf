"""Notice who has come of age."""

from datetime import datetime
from typing import Final

from kapi.contexts.identity.services import note_comings_of_age
from kapi.kernel.actors import system

BATCH: Final = 1_000


def run(*, now: datetime) -> int:
    """Announce up to 1,000 people; return how many."""
    return note_comings_of_age(limit=BATCH, actor=system("job:note_comings_of_age"), now=now)
