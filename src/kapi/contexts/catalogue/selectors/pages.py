"""The page of one service."""

import json

from django.db import connection

from kapi.contexts.catalogue.errors import ServiceNotFound
from kapi.contexts.catalogue.models import Service
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
    rows = Service.objects.filter(
        code=code, status=ServiceStatus.ACTIVE, current__published_at__isnull=False
    ).values_list(
        "current__content",
        "current__number",
        "current__published_at",
        "institution__code",
        "institution__name",
    )
    row = next(iter(rows.order_by()), None)  # at most one has this code
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


def _titles(content: ServiceContent) -> dict[tuple[str, str], LangString]:
    """Return the titles of the life events and categories that a content names, in one query."""
    named = (
        ("event", "catalogue_lifeevent", content.life_events),
        ("category", "catalogue_category", content.categories),
    )
    # Written out: to put the same together from query sets takes several times as long as to ask it.
    parts = [
        f"SELECT '{kind}', code, title FROM {table} WHERE code IN ({', '.join(['%s'] * len(codes))})"  # noqa: S608 - constants and placeholders
        for kind, table, codes in named
        if codes
    ]
    if not parts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), [*content.life_events, *content.categories])
        return {(kind, code): LangString.read(json.loads(title)) for kind, code, title in cursor.fetchall()}


def _links(
    kind: str, codes: tuple[str, ...], titles: dict[tuple[str, str], LangString], language: str
) -> tuple[Link, ...]:
    return tuple(Link(code, titles[kind, code].text(language)) for code in codes if (kind, code) in titles)
