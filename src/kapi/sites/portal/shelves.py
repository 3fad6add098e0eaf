"""Lists that are the same for everybody and may be a minute old."""

from typing import Final

from kapi.contexts.catalogue import selectors as catalogue
from kapi.contexts.catalogue.values import CategoryLine, LifeEventLine, Link, ServiceLine
from kapi.contexts.institutions import selectors as institutions
from kapi.contexts.institutions.values import InstitutionLine
from kapi.sites.portal.remembered import remembered

MOST_USED_SHOWN: Final = 6
RELATED_SHOWN: Final = 5


@remembered
def most_used(*, language: str) -> tuple[ServiceLine, ...]:
    """Return the services that people use most."""
    return tuple(catalogue.most_used_services(limit=MOST_USED_SHOWN, language=language))


@remembered
def categories(*, language: str) -> tuple[CategoryLine, ...]:
    """Return the subjects that have a service, with how many."""
    return tuple(line for line in catalogue.categories(language=language) if line.services)


@remembered
def life_events(*, language: str) -> tuple[LifeEventLine, ...]:
    """Return all life events."""
    return tuple(catalogue.life_events(language=language))


@remembered
def top_institutions(*, language: str) -> tuple[InstitutionLine, ...]:
    """Return the institutions that stand below no other, by the Turkish alphabet."""
    return tuple(institutions.top_institutions(language=language))


@remembered
def related(*, code: str, life_events: tuple[str, ...], categories: tuple[str, ...], language: str) -> tuple[Link, ...]:
    """Return the services that people may need as well."""
    found = catalogue.related_services(
        code=code, life_events=life_events, categories=categories, limit=RELATED_SHOWN, language=language
    )
    return tuple(found)


@remembered
def service_codes() -> tuple[str, ...]:
    """Return the codes of all services, for the site map."""
    return tuple(catalogue.active_service_codes())
