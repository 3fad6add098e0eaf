"""What people put on their own page.

The audit trail is not told: it is kept for ever, and what interests a citizen is nobody's business.
"""

from datetime import datetime

from django.db import transaction

from kapi.contexts.catalogue.errors import ServiceNotFound, TooManyFavourites
from kapi.contexts.catalogue.models import Favourite, Service
from kapi.contexts.catalogue.values import MOST_FAVOURITES, ServiceStatus
from kapi.foundation.locks import hold_lock
from kapi.kernel.actors import Actor


def add_favourite(*, person_id: int, service_code: str, actor: Actor, now: datetime) -> None:
    """Put a service on a person's own page; one that is there already stays where it is.

    :raises ServiceNotFound: if no such service is on offer.
    :raises TooManyFavourites: if the page holds `MOST_FAVOURITES`.
    """
    with transaction.atomic():
        service = Service.objects.filter(code=service_code, status=ServiceStatus.ACTIVE).first()
        if service is None:
            raise ServiceNotFound
        hold_lock(f"favourites:{person_id}")
        mine = Favourite.objects.filter(person_id=person_id)
        if mine.filter(service=service).exists():
            return
        if mine.count() >= MOST_FAVOURITES:
            raise TooManyFavourites
        Favourite.objects.create(person_id=person_id, service=service)


def remove_favourite(*, person_id: int, service_code: str, actor: Actor, now: datetime) -> None:
    """Take a service off a person's own page; one that is not there is not missed."""
    Favourite.objects.filter(person_id=person_id, service__code=service_code).delete()
