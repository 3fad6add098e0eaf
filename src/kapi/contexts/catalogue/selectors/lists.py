"""Lists of services: by category, life event and institution; the service-standards table."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from kapi.contexts.catalogue.models import Category, LifeEvent, Service
from kapi.contexts.catalogue.rules.content import from_document
from kapi.contexts.catalogue.selectors.pages import duration_of
from kapi.contexts.catalogue.values import (
    CategoryLine,
    LifeEventLine,
    LifeEventPage,
    LifeEventStep,
    Link,
    Listing,
    ServiceKind,
    ServiceLine,
    ServiceStatus,
    StandardsRow,
    StandardsTable,
)
from kapi.contexts.institutions.selectors import at_or_below
from kapi.kernel import turkish
from kapi.kernel.langstring import LangString

_BATCH = 500


def categories(*, language: str) -> list[CategoryLine]:
    """Return all categories with how many active services each has, in the order of the Turkish alphabet."""
    active = Count("services", filter=Q(services__status=ServiceStatus.ACTIVE))
    rows = Category.objects.annotate(active=active).values_list("code", "title", "active")
    lines = [CategoryLine(code, LangString.read(title).text(language), count) for code, title, count in rows]
    return sorted(lines, key=lambda line: (turkish.sort_key(line.title), line.code))


def life_events(*, language: str) -> list[LifeEventLine]:
    """Return all life events in their own order."""
    rows = LifeEvent.objects.order_by("position", "code")
    return [
        LifeEventLine(row.code, LangString.read(row.title).text(language), LangString.read(row.summary).text(language))
        for row in rows
    ]


def find_life_event(*, code: str, language: str, start: int = 0, limit: int = 50) -> LifeEventPage | None:
    """Return a life event with its steps and a stretch of its services by title, or None. Four queries."""
    event = LifeEvent.objects.filter(pk=code).first()
    if event is None:
        return None
    steps = event.steps.select_related("service").order_by("position")
    listing = _listing(services_of_life_event(code, language=language), language, start, limit)
    return LifeEventPage(
        code=event.code,
        title=LangString.read(event.title).text(language),
        summary=LangString.read(event.summary).text(language),
        steps=tuple(
            LifeEventStep(
                LangString.read(step.title).text(language),
                step.service.code if step.service and step.service.status == ServiceStatus.ACTIVE else "",
            )
            for step in steps
        ),
        services=listing.lines,
        total=listing.total,
    )


def services_of_life_event(code: str, *, language: str) -> QuerySet[Service]:
    """Return the active services of a life event, by title."""
    return _active(language).filter(life_events=code)


def services_in_category(*, code: str, language: str, start: int = 0, limit: int = 50) -> tuple[Link, Listing] | None:
    """Return a category and a stretch of its active services by title, or None if there is no such category."""
    category = Category.objects.filter(pk=code).first()
    if category is None:
        return None
    link = Link(category.code, LangString.read(category.title).text(language))
    return link, _listing(_active(language).filter(categories=code), language, start, limit)


def active_services(
    *, institution_code: str = "", category: str = "", language: str, start: int = 0, limit: int = 50
) -> Listing:
    """Return a stretch of all active services by title; only those of an institution or a category, if named."""
    rows = _active(language)
    if institution_code:
        rows = rows.filter(at_or_below([institution_code]))
    if category:
        rows = rows.filter(categories=category)
    return _listing(rows, language, start, limit)


def services_of_institution(*, code: str, language: str, start: int = 0, limit: int = 50) -> Listing:
    """Return a stretch of the active services of an institution and everything below it, by title."""
    return _listing(_active(language).filter(at_or_below([code])), language, start, limit)


def codes_at_or_below(*, institution_code: str, among: Iterable[str]) -> frozenset[str]:
    """Return which of the services, by code, an institution or one below it offers; none without an institution."""
    rows = Service.objects.filter(at_or_below([institution_code]), code__in=list(among), status=ServiceStatus.ACTIVE)
    return frozenset(rows.values_list("code", flat=True).order_by("code"))


def services_per_institution() -> dict[str, int]:
    """Return how many active services each institution has itself, by its code; those without are left out."""
    rows = Service.objects.filter(status=ServiceStatus.ACTIVE).values_list("institution_id")
    return dict(rows.annotate(count=Count("pk")).order_by("institution_id"))


def most_used_services(*, limit: int, language: str) -> list[ServiceLine]:
    """Return the active services that are used most; before anybody used them, those for most people."""
    rows = _active(language).order_by("-usage", F("audience").desc(nulls_last=True), "pk")[:limit]
    return list(_lines(rows, language))


def related_services(
    *, code: str, life_events: Iterable[str], categories: Iterable[str], limit: int, language: str
) -> list[Link]:
    """Return the active services of these life events and categories but `code`, the most used first.

    Walks down the services by use until it has enough, so that a large catalogue costs no more than a small one.
    """
    of_events, of_categories = Service.life_events.through.objects, Service.categories.through.objects
    in_life = of_events.filter(service=OuterRef("pk"), lifeevent__in=list(life_events))
    on_subject = of_categories.filter(service=OuterRef("pk"), category__in=list(categories))
    rows = Service.objects.filter(Exists(in_life) | Exists(on_subject), status=ServiceStatus.ACTIVE).exclude(code=code)
    found = rows.order_by("-usage", "pk").values_list("code", "title")[:limit]
    return [Link(other, LangString.read(title).text(language)) for other, title in found]


def active_service_codes() -> list[str]:
    """Return the codes of all active services, in order; for site maps and exports of the whole catalogue."""
    return list(Service.objects.filter(status=ServiceStatus.ACTIVE).order_by("code").values_list("code", flat=True))


def standards_of(*, institution_code: str, language: str, start: int = 0, limit: int = 50) -> StandardsTable:
    """Return a stretch of the service-standards table of an institution and everything below it, by title.

    Regulation 2009/15169, article 6: name, documents required, completion time, complaint authorities.
    """
    rows = _standards(institution_code, language)
    stretch = rows.values_list("code", "current__content")[start : start + limit]
    return StandardsTable(tuple(_standards_row(code, content, language) for code, content in stretch), rows.count())


def all_standards_of(*, institution_code: str, language: str) -> Iterator[StandardsRow]:
    """Give the whole table row by row, reading it in batches: for a file that may have ten thousand rows."""
    rows = _standards(institution_code, language)
    reached: tuple[str, int] | None = None
    while True:
        order = "sort_en" if language == "en" else "sort_tr"
        following = rows if reached is None else rows.filter(_after(order, reached))
        batch = list(following.values_list("code", "current__content", order, "pk")[:_BATCH])
        for code, content, *reached_here in batch:
            reached = (reached_here[0], reached_here[1])
            yield _standards_row(code, content, language)
        if len(batch) < _BATCH:
            return


def _after(order: str, reached: tuple[str, int]) -> Q:
    title, pk = reached
    return Q(**{f"{order}__gt": title}) | Q(**{order: title, "pk__gt": pk})


def _standards(institution_code: str, language: str) -> QuerySet[Service]:
    return _active(language).filter(at_or_below([institution_code]), current__isnull=False)


def _standards_row(code: str, document: dict[str, Any], language: str) -> StandardsRow:
    content = from_document(document)
    return StandardsRow(
        code=code,
        name=content.title.text(language),
        documents=tuple(item.text(language) for item in content.evidence),
        completion_time=duration_of(content),
        complaint_authority=content.complaint_authority.text(language),
    )


def _active(language: str) -> QuerySet[Service]:
    order = "sort_en" if language == "en" else "sort_tr"
    return Service.objects.filter(status=ServiceStatus.ACTIVE).select_related("institution").order_by(order, "pk")


def _listing(rows: QuerySet[Service], language: str, start: int, limit: int) -> Listing:
    return Listing(lines=tuple(_lines(rows[start : start + limit], language)), total=rows.count())


def _lines(rows: Iterable[Service], language: str) -> Iterable[ServiceLine]:
    for row in rows:
        yield ServiceLine(
            code=row.code,
            title=LangString.read(row.title).text(language),
            summary=LangString.read(row.summary).text(language),
            institution=Link(row.institution.code, LangString.read(row.institution.name).text(language)),
            kind=ServiceKind(row.kind),
            online=row.online,
        )
