"""GET /api/v1/search: services by the words people use."""

from typing import Annotated, Self

from django.http import HttpRequest
from ninja import Query, Router, Schema
from ninja.decorators import decorate_view
from pydantic import Field

from kapi.contexts.catalogue import selectors
from kapi.contexts.catalogue.values import SearchHit, ServiceKind
from kapi.sites.api.schemas import Language, LanguageParameter, Problem, Reference, Text, address_for_people
from kapi.sites.ui.public import public_page

router = Router(tags=["catalogue"])


class Wanted(Schema):
    """What is looked for."""

    q: Annotated[str, Field(min_length=1, max_length=200, description="What people type; slips do not matter.")]
    language: LanguageParameter = "tr"
    limit: Annotated[int, Field(ge=1, le=selectors.MOST_HITS, description="How many at most.")] = 20


class Hit(Schema):
    """A service that fits, and how well (0 to 1)."""

    code: str
    title: Text
    summary: Text
    institution: Reference
    kind: ServiceKind
    score: float
    page: str

    @classmethod
    def of(cls, hit: SearchHit, language: Language) -> Self:
        """Take a hit of the catalogue."""
        return cls(
            code=hit.code,
            title=Text.of(hit.title),
            summary=Text.of(hit.summary),
            institution=Reference.of(hit.institution),
            kind=hit.kind,
            score=hit.score,
            page=address_for_people("service", hit.code, language),
        )


class Hits(Schema):
    """What a search found, the best first."""

    items: list[Hit]


@router.get("/search", response={200: Hits, 400: Problem}, operation_id="search")
@decorate_view(public_page)
def search(request: HttpRequest, wanted: Query[Wanted]) -> Hits:
    """Find services by the words people use: typed without Turkish letters, in capitals, with suffixes or slips."""
    hits = selectors.search(query=wanted.q, language=wanted.language, limit=wanted.limit)
    return Hits(items=[Hit.of(hit, wanted.language) for hit in hits])
