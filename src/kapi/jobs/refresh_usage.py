"""Keep the usage of services, which search prefers among equals."""

from datetime import datetime

from kapi.contexts.catalogue.services import refresh_usage
from kapi.kernel.actors import system


def run(*, now: datetime) -> int:
    """Bring the usage of the last 90 days up to date; return how many services changed."""
    return refresh_usage(actor=system("job:refresh_usage"), now=now)
