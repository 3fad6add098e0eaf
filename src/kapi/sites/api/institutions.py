"""GET /api/v1/institutions: who offers services."""

from collections.abc import Sequence
from typing import Annotated, Self

from django.http import HttpRequest
from ninja import Query, Router, Schema
from ninja.decorators import decorate_view
from pydantic import Field

from kapi.contexts.institutions import selectors
from kapi.contexts.institutions.values import InstitutionKind, InstitutionLine
from kapi.sites.api.paging import neighbours
from kapi.sites.api.schemas import (
    InstitutionCode,
    Language,
    LanguageParameter,
    PageParameter,
    PageSizeParameter,
    Problem,
    Text,
    address_for_people,
)
from kapi.sites.ui.public import public_page

MOST_FOUND = 500

router = Router(tags=["institutions"])


class Wanted(Schema):
    """Which institutions, and which page of the list."""

    parent: Annotated[
        InstitutionCode | None, Field(description="Those directly below this one; left out: those below no other.")
    ] = None
    q: Annotated[
        str,
        Field(
            max_length=200, description=f"Words of the name, or the code; at most {MOST_FOUND}, anywhere in the tree."
        ),
    ] = ""
    language: LanguageParameter = "tr"
    page: PageParameter = 1
    page_size: PageSizeParameter = 50


class Institution(Schema):
    """An institution or one of its units. `page` is the address of its page for people."""

    code: str
    name: Text
    kind: InstitutionKind
    page: str

    @classmethod
    def of(cls, line: InstitutionLine, language: Language) -> Self:
        """Take a line of the tree."""
        return cls(
            code=line.code,
            name=Text.of(line.name),
            kind=line.kind,
            page=address_for_people("institution", line.code, language),
        )


class Institutions(Schema):
    """One page of a list of institutions; `total` counts all pages."""

    items: list[Institution]
    total: int
    page: int
    page_size: int
    next: str | None
    previous: str | None


@router.get("/institutions", response={200: Institutions, 400: Problem}, operation_id="listInstitutions")
@decorate_view(public_page)
def list_institutions(request: HttpRequest, wanted: Query[Wanted]) -> Institutions:
    """List institutions by the Turkish alphabet, or those that a search finds in the order of the tree."""
    lines, total = _found(wanted)
    return Institutions(
        items=[Institution.of(line, wanted.language) for line in lines],
        total=total,
        page=wanted.page,
        page_size=wanted.page_size,
        **neighbours(request, page=wanted.page, page_size=wanted.page_size, total=total),
    )


def _found(wanted: Wanted) -> tuple[Sequence[InstitutionLine], int]:
    """Return the lines of the page, and how many there are in all."""
    start = (wanted.page - 1) * wanted.page_size
    if wanted.parent and not wanted.q:
        below = selectors.children_of(wanted.parent, language=wanted.language, start=start, limit=wanted.page_size)
        return below.lines, below.total
    if wanted.q:
        found = selectors.search_institutions(query=wanted.q, limit=MOST_FOUND, language=wanted.language)
    else:
        found = selectors.top_institutions(language=wanted.language)
    return found[start : start + wanted.page_size], len(found)
