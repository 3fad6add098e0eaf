"""Ask the supplier about mobile signatures that somebody waits for."""

from datetime import datetime
from typing import Final

from kapi.contexts.identity.services import ask_about_mobile_signatures
from kapi.kernel.actors import system

BATCH: Final = 50


def run(*, now: datetime) -> int:
    """Ask about up to 50 and return how many were asked about."""
    return ask_about_mobile_signatures(limit=BATCH, actor=system("job:ask_mobile_signatures"), now=now)
