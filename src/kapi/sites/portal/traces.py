"""What an anonymous look may leave behind, and how often: nobody may fill our tables or push a service up by asking."""

from datetime import datetime, timedelta
from typing import Final

from django.http import HttpRequest

from kapi.contexts.catalogue import services
from kapi.contexts.catalogue.values import UseKind
from kapi.foundation.limits.services import count
from kapi.kernel.actors import NOBODY
from kapi.kernel.networks import origin_of
from kapi.sites.ui.address import address_of

# Many people may stand behind one address.
UNANSWERED_PER_HOUR: Final = 60
USES_PER_HOUR: Final = 600
_HOUR: Final = timedelta(hours=1)


def note_unanswered(request: HttpRequest, query: str, *, now: datetime) -> None:
    """Remember a search that found nothing; from one address only so many an hour."""
    if _is_within("unanswered", request, UNANSWERED_PER_HOUR, now):
        services.record_unanswered_search(query=query, actor=NOBODY, now=now)


def note_start(request: HttpRequest, code: str, *, now: datetime) -> None:
    """Count that a service was begun: once an hour from one address, since use decides the order of results."""
    if _is_within("use", request, USES_PER_HOUR, now) and _is_within(f"use:{code}", request, 1, now):
        services.count_uses(counts={code: 1}, kind=UseKind.START, actor=NOBODY, now=now)


def _is_within(what: str, request: HttpRequest, limit: int, now: datetime) -> bool:
    """Count what leaves a trace; whose address is not known leaves none, for it could be anybody's many times over."""
    origin = origin_of(address_of(request))
    return bool(origin) and count(key=f"portal.{what}:{origin}", limit=limit, window=_HOUR, now=now).allowed
