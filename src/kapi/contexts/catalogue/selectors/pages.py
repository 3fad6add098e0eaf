"""The page of one service."""

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
    """Return what is published about an active service, or None. At most three queries, however much it says."""
    row = (
        Service.objects.filter(code=code, status=ServiceStatus.ACTIVE)
        .select_related("current", "institution")
        .only(
            "code",
            "current__content",
            "current__number",
            "current__published_at",
            "institution__code",
            "institution__name",
        )
        .first()
    )
    if row is None or row.current is None or row.current.published_at is None:
        return None
    content = from_document(row.current.content)
    return ServicePage(
        code=row.code,
        title=content.title.text(language),
        summary=content.summary.text(language),
        description=content.description.text(language),
        institution=Link(row.institution.code, LangString.read(row.institution.name).text(language)),
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
        life_events=_links(LifeEvent, content.life_events, language),
        categories=_links(Category, content.categories, language),
        channels=tuple(
            ChannelView(channel.type, channel.address, channel.place.text(language)) for channel in content.channels
        ),
        no_other_channel_reason=content.no_other_channel_reason.text(language),
        complaint_authority=content.complaint_authority.text(language),
        sign_language_url=content.sign_language_url,
        easy_read_url=content.easy_read_url,
        revision=row.current.number,
        published_at=row.current.published_at,
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


def _links(model: type[Category | LifeEvent], codes: tuple[str, ...], language: str) -> tuple[Link, ...]:
    if not codes:
        return ()
    titles = dict(model.objects.filter(pk__in=codes).values_list("code", "title"))
    return tuple(Link(code, LangString.read(titles[code]).text(language)) for code in codes if code in titles)
