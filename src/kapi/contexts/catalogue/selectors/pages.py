"""The page of one service."""

from django.db.models import Value

from kapi.contexts.catalogue.errors import ServiceNotFound
from kapi.contexts.catalogue.models import Category, LifeEvent, Service
from kapi.contexts.catalogue.rules.content import from_document, read_duration
from kapi.contexts.catalogue.values import (
    ChannelView,
    CostView,
    Duration,
    Link,
    OutputView,
    ServiceContent,
    ServicePage,
    ServiceStatus,
)
from kapi.kernel.langstring import LangString


def find_service_page(*, code: str, language: str) -> ServicePage | None:
    """Return what is published about an active service, or None. At most two queries, however much it says."""
    row = (
        Service.objects.filter(code=code, status=ServiceStatus.ACTIVE, current__published_at__isnull=False)
        .values_list(
            "current__content",
            "current__number",
            "current__published_at",
            "institution__code",
            "institution__name",
        )
        .first()
    )
    if row is None:
        return None
    document, number, published_at, institution_code, institution_name = row
    if published_at is None:  # the query leaves such rows out; the types do not know
        return None
    content = from_document(document)
    titles = _titles(content)
    return ServicePage(
        code=code,
        title=content.title.text(language),
        summary=content.summary.text(language),
        description=content.description.text(language),
        institution=Link(institution_code, LangString.read(institution_name).text(language)),
        kind=content.kind,
        maturity=content.maturity,
        audience=content.audience,
        assurance=content.assurance,
        processing_time=duration_of(content),
        costs=tuple(
            CostView(cost.amount_minor, cost.currency, cost.condition.text(language)) for cost in content.costs
        ),
        requirements=tuple(item.text(language) for item in content.requirements),
        evidence=tuple(item.text(language) for item in content.evidence),
        outputs=tuple(OutputView(output.title.text(language), output.type) for output in content.outputs),
        legal_basis=content.legal_basis,
        life_events=_links("event", content.life_events, titles, language),
        categories=_links("category", content.categories, titles, language),
        channels=tuple(
            ChannelView(
                channel.type,
                LangString(channel.address, channel.address_en).text(language),
                channel.place.text(language),
            )
            for channel in content.channels
        ),
        no_other_channel_reason=content.no_other_channel_reason.text(language),
        complaint_authority=content.complaint_authority.text(language),
        sign_language_url=content.sign_language_url,
        easy_read_url=content.easy_read_url,
        revision=number,
        published_at=published_at,
    )


def get_service_page(*, code: str, language: str) -> ServicePage:
    """Return what is published about an active service.

    :raises ServiceNotFound: if there is none, or it is not public.
    """
    page = find_service_page(code=code, language=language)
    if page is None:
        raise ServiceNotFound
    return page


def duration_of(content: ServiceContent) -> Duration | None:
    """Return the processing time in parts; None if it is not stated."""
    return read_duration(content.processing_time, working_days=content.working_days)


def _titles(content: ServiceContent) -> dict[tuple[str, str], dict[str, str]]:
    """Return the titles of the life events and categories that a content names, in one query."""
    events = LifeEvent.objects.filter(pk__in=content.life_events).values_list(Value("event"), "code", "title")
    categories = Category.objects.filter(pk__in=content.categories).values_list(Value("category"), "code", "title")
    if not content.life_events or not content.categories:
        rows = events if content.life_events else categories
    else:
        rows = events.union(categories, all=True)
    return {(kind, code): title for kind, code, title in rows}


def _links(
    kind: str, codes: tuple[str, ...], titles: dict[tuple[str, str], dict[str, str]], language: str
) -> tuple[Link, ...]:
    return tuple(
        Link(code, LangString.read(titles[kind, code]).text(language)) for code in codes if (kind, code) in titles
    )
