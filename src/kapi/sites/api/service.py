"""GET /api/v1/services/{code}: everything that is published about one service."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Self

from babel.numbers import get_currency_precision
from django.http import Http404, HttpRequest
from ninja import Path, Query, Router, Schema
from ninja.decorators import decorate_view
from pydantic import Field

from kapi.contexts.catalogue import selectors
from kapi.contexts.catalogue.values import (
    Assurance,
    ChannelType,
    ChannelView,
    CostView,
    Duration,
    LegalResource,
    OutputType,
    ServiceKind,
    ServicePage,
)
from kapi.sites.api.schemas import Language, LanguageParameter, Problem, Reference, Slug, Text, address_for_people
from kapi.sites.ui.public import public_page

router = Router(tags=["catalogue"])


class Wanted(Schema):
    """In which language."""

    language: LanguageParameter = "tr"


class Cost(Schema):
    """A fee: a decimal number with a point, the ISO 4217 code of its currency, and when it applies."""

    amount: Annotated[str, Field(examples=["125.50"])]
    currency: str
    condition: Text

    @classmethod
    def of(cls, cost: CostView) -> Self:
        """Take a fee of the catalogue."""
        amount = Decimal(cost.amount_minor).scaleb(-get_currency_precision(cost.currency))
        return cls(amount=f"{amount:f}", currency=cost.currency, condition=Text.of(cost.condition))


class ProcessingTime(Schema):
    """How long it takes: an ISO 8601 duration, whose days are working days if `working_days`."""

    duration: Annotated[str, Field(examples=["P3D"])]
    working_days: bool

    @classmethod
    def of(cls, time: Duration) -> Self:
        """Take a duration of the catalogue."""
        date = "".join(f"{n}{unit}" for n, unit in ((time.years, "Y"), (time.months, "M"), (time.days, "D")) if n)
        clock = "".join(f"{n}{unit}" for n, unit in ((time.hours, "H"), (time.minutes, "M")) if n)
        written = f"P{date}T{clock}" if clock else f"P{date}"
        return cls(duration="PT0S" if time.at_once else written, working_days=time.working_days)


class Output(Schema):
    """What comes out."""

    title: Text
    type: OutputType


class Law(Schema):
    """A law or rule that the service rests on, as far as it is known."""

    type: str
    number: str
    article: str
    title: str

    @classmethod
    def of(cls, law: LegalResource) -> Self:
        """Take a law of the catalogue."""
        return cls(type=law.type, number=law.number, article=law.article, title=law.title)


class Channel(Schema):
    """A way to the service: an address (URL or telephone number) or a place.

    The page behind a URL is in `address_language`, which need not be the one asked for.
    """

    type: ChannelType
    address: str
    address_language: Language
    place: Text

    @classmethod
    def of(cls, channel: ChannelView) -> Self:
        """Take a channel of the catalogue."""
        address = Text.of(channel.address)
        return cls(
            type=channel.type,
            address=address.text,
            address_language=address.language,
            place=Text.of(channel.place),
        )


class Service(Schema):
    """A published service. Empty lists, empty texts and null mean that the institution has not stated it."""

    code: str
    title: Text
    summary: Text
    description: Text
    institution: Reference
    kind: ServiceKind
    maturity: Annotated[int, Field(description="1 information to 5 personal or proactive.")]
    audience: Annotated[int | None, Field(description="How many people it is for.")]
    assurance: Annotated[Assurance, Field(description="How surely the person must be known.")]
    processing_time: ProcessingTime | None
    costs: list[Cost]
    requirements: list[Text]
    evidence: list[Text]
    outputs: list[Output]
    legal_basis: list[Law]
    life_events: list[Reference]
    categories: list[Reference]
    channels: list[Channel]
    no_other_channel_reason: Text
    complaint_authority: Text
    sign_language_url: str
    easy_read_url: str
    revision: int
    published_at: datetime
    page: Annotated[str, Field(description="Address of the page for people.")]

    @classmethod
    def of(cls, page: ServicePage, language: Language) -> Self:
        """Take a service of the catalogue."""
        return cls(
            code=page.code,
            title=Text.of(page.title),
            summary=Text.of(page.summary),
            description=Text.of(page.description),
            institution=Reference.of(page.institution),
            kind=page.kind,
            maturity=page.maturity,
            audience=page.audience,
            assurance=page.assurance,
            processing_time=ProcessingTime.of(page.processing_time) if page.processing_time else None,
            costs=[Cost.of(cost) for cost in page.costs],
            requirements=[Text.of(text) for text in page.requirements],
            evidence=[Text.of(text) for text in page.evidence],
            outputs=[Output(title=Text.of(output.title), type=output.type) for output in page.outputs],
            legal_basis=[Law.of(law) for law in page.legal_basis],
            life_events=[Reference.of(link) for link in page.life_events],
            categories=[Reference.of(link) for link in page.categories],
            channels=[Channel.of(channel) for channel in page.channels],
            no_other_channel_reason=Text.of(page.no_other_channel_reason),
            complaint_authority=Text.of(page.complaint_authority),
            sign_language_url=page.sign_language_url,
            easy_read_url=page.easy_read_url,
            revision=page.revision,
            published_at=page.published_at,
            page=address_for_people("service", page.code, language),
        )


@router.get("/services/{code}", response={200: Service, 400: Problem, 404: Problem}, operation_id="getService")
@decorate_view(public_page)
def get_service(request: HttpRequest, code: Path[Slug], wanted: Query[Wanted]) -> Service:
    """Return everything that is published about a service."""
    page = selectors.find_service_page(code=code, language=wanted.language)
    if page is None:
        raise Http404
    return Service.of(page, wanted.language)
