"""Read what the population register has entered since the last time, and act upon it."""

from datetime import datetime
from typing import Final

from kapi.contexts.identity.errors import NoPopulationRegister, PopulationRegisterUnavailable
from kapi.contexts.identity.services import read_register_events
from kapi.kernel.actors import system

MOST_PAGES: Final = 20  # in one run, so that a register with much to tell holds up no other call


def run(*, now: datetime) -> int:
    """Read up to 20 pages; return how many events came. A register that is down is asked again at the next run."""
    read = 0
    for _page in range(MOST_PAGES):
        try:
            found = read_register_events(actor=system("job:read_register_events"), now=now)
        except (NoPopulationRegister, PopulationRegisterUnavailable):
            break
        read += found
        if not found:
            break
    return read
