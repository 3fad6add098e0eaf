"""An institution has changed: its services are found by its new name."""

from datetime import datetime
from typing import Any

from kapi.contexts.catalogue.services import index_institution
from kapi.kernel.actors import system


def react(payload: dict[str, Any], *, now: datetime) -> None:
    """Answer `institutions.institution_changed.v1`."""
    index_institution(institution_code=payload["institution_code"], actor=system("reaction:search_names"), now=now)
