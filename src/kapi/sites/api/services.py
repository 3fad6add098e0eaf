"""GET /api/v1/services: what is offered."""

from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router, Schema
from ninja.decorators import decorate_view
from pydantic import Field

from kapi.contexts.catalogue import selectors
from kapi.sites.api.paging import neighbours
from kapi.sites.api.schemas import (
    InstitutionCode,
    LanguageParameter,
    PageParameter,
    PageSizeParameter,
    Problem,
    ServiceInList,
    Slug,
)
from kapi.sites.ui.public import public_page

router = Router(tags=["catalogue"])


class Wanted(Schema):
    """What the list is narrowed to, and which page of it."""

    institution: Annotated[
        InstitutionCode | None, Field(description="Only services of this institution and of what stands below it.")
    ] = None
    category: Annotated[Slug | None, Field(description="Only services of the category with this code.")] = None
    language: LanguageParameter = "tr"
    page: PageParameter = 1
    page_size: PageSizeParameter = 50


class Services(Schema):
    """One page of a list of services; `total` counts all pages."""

    items: list[ServiceInList]
    total: int
    page: int
    page_size: int
    next: str | None
    previous: str | None


@router.get("/services", response={200: Services, 400: Problem}, operation_id="listServices")
@decorate_view(public_page)
def list_services(request: HttpRequest, wanted: Query[Wanted]) -> Services:
    """List the services that are offered, by title."""
    listing = selectors.active_services(
        institution_code=wanted.institution or "",
        category=wanted.category or "",
        language=wanted.language,
        start=(wanted.page - 1) * wanted.page_size,
        limit=wanted.page_size,
    )
    return Services(
        items=[ServiceInList.of(line, wanted.language) for line in listing.lines],
        total=listing.total,
        page=wanted.page,
        page_size=wanted.page_size,
        **neighbours(request, page=wanted.page, page_size=wanted.page_size, total=listing.total),
    )
