"""Search: what people type, narrowed and paged; the same as JSON for programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kapi.contexts.catalogue import selectors as catalogue
from kapi.contexts.catalogue.values import Narrowing, SearchPage
from kapi.contexts.institutions import selectors as institutions
from kapi.kernel import turkish
from kapi.sites.portal import shelves, words
from kapi.sites.portal.traces import note_unanswered
from kapi.sites.ui.paging import NoSuchPage, Paging, page_asked_for
from kapi.sites.ui.public import public_page
from kapi.sites.ui.words import number as words_of_number

LONGEST_QUERY: Final = 200
HITS_AS_JSON: Final = 20
PAGE_SIZE: Final = 10
INSTITUTIONS_SHOWN: Final = 3
NARROWED_BY: Final = ("kurum", "kategori", "tur")
_NARROW_FROM: Final = 4


@dataclass(frozen=True)
class Select:
    """One way to narrow: what can be chosen (value and words) and what is; empty if nothing."""

    name: str
    label: str
    options: tuple[tuple[str, str], ...]
    chosen: str


@dataclass(frozen=True)
class Filters:
    """The ways to narrow the results."""

    selects: tuple[Select, ...]
    in_use: bool


@require_safe
@public_page
def search(request: HttpRequest) -> HttpResponse:
    """Find services by what people type (`q`); `format=json` answers `[{code, title, score}]`."""
    query = clean(request.GET.get("q", ""))
    if request.GET.get("format") == "json":
        return _as_json(query)
    if len(query) > LONGEST_QUERY:
        return _page(request, {"query": query[:LONGEST_QUERY], "mistakes": [too_long()]}, status=400)
    if not query:
        return _page(request, {})
    return _results(request, query)


def clean(query: str) -> str:
    """Return what was typed without control characters and needless blanks."""
    return " ".join("".join(c if c.isprintable() else " " for c in query).split())


def too_long() -> dict[str, str]:
    """Say that a query is too long, as the error summary takes it."""
    return {"text": _("Search with %(most)s characters or fewer") % {"most": LONGEST_QUERY}, "href": "#q"}


def _as_json(query: str) -> HttpResponse:
    if len(query) > LONGEST_QUERY:
        problem = {"type": "about:blank", "title": f"q is longer than {LONGEST_QUERY} characters", "status": 400}
        return JsonResponse(problem, status=400, content_type="application/problem+json")
    hits = catalogue.search(query=query, language=get_language() or "", limit=HITS_AS_JSON) if query else []
    return JsonResponse([{"code": hit.code, "title": hit.title, "score": hit.score} for hit in hits], safe=False)


def _results(request: HttpRequest, query: str) -> HttpResponse:
    language = get_language() or ""
    narrowing = Narrowing(*(request.GET.get(name, "") for name in NARROWED_BY))
    try:
        start = (page_asked_for(request) - 1) * PAGE_SIZE
        found = catalogue.search_page(query=query, language=language, narrowing=narrowing, start=start, limit=PAGE_SIZE)
        paging = Paging.of(request, total=found.total, size=PAGE_SIZE, keep=("q", *NARROWED_BY))
    except NoSuchPage as missing:
        raise Http404 from missing
    if not found.found:
        note_unanswered(request, query, now=timezone.now())
    filters = _filters(found, narrowing, language)
    return _page(
        request,
        {
            "query": query,
            "results": found.hits,
            "paging": paging,
            "count": _count(found),
            "filters": filters if found.found >= _NARROW_FROM or filters.in_use else None,
            "institutions": _institutions(query, language) if paging.page == 1 and not filters.in_use else [],
        },
    )


def _count(found: SearchPage) -> str:
    """Say how many services were found, and that they are the best of more where they are."""
    number = {"n": words_of_number(found.total), "found": words_of_number(found.found)}
    if not found.more:
        return ngettext("%(n)s service found", "%(n)s services found", found.total) % number
    if found.total == found.found:
        return _("The %(n)s services that fit best") % number
    return _("%(n)s of the %(found)s services that fit best") % number


def _page(request: HttpRequest, found: dict[str, Any], *, status: int = 200) -> HttpResponse:
    language = get_language() or ""
    values: dict[str, Any] = {
        "query": "", "results": [], "filters": None, "institutions": [], "mistakes": [], "most_used": (),
        "categories": (), "paging": None, "count": "",
    }  # fmt: skip
    values |= found
    if not values["results"]:
        values |= {
            "most_used": shelves.most_used(language=language),
            "categories": shelves.categories(language=language),
        }
    return render(request, "portal/search.html", values, status=status)


def _institutions(query: str, language: str) -> list[Any]:
    if len(turkish.fold(query)) < 3:
        return []
    return list(institutions.search_institutions(query=query, limit=INSTITUTIONS_SHOWN, language=language))


def _filters(found: SearchPage, narrowing: Narrowing, language: str) -> Filters:
    """Offer to narrow by what the results have in several kinds, and to undo what narrows them."""
    institutions = sorted(found.institutions, key=lambda link: turkish.sort_key(link.title))
    kinds = {kind.value: str(words.KINDS[kind]) for kind in found.kinds}
    # They are remembered in the order of their titles.
    categories = [line for line in shelves.categories(language=language) if line.code in found.categories]
    offered = (
        _select("kurum", _("Institution"), narrowing.institution, [(link.code, link.title) for link in institutions]),
        _select("kategori", _("Category"), narrowing.category, [(line.code, line.title) for line in categories]),
        _select("tur", _("Kind"), narrowing.kind, sorted(kinds.items(), key=lambda kind: turkish.sort_key(kind[1]))),
    )
    selects = tuple(select for select in offered if len(select.options) > 1 or select.chosen)
    return Filters(selects, in_use=any(select.chosen for select in selects))


def _select(name: str, label: str, asked: str, options: Sequence[tuple[str, str]]) -> Select:
    return Select(name, label, tuple(options), chosen=asked if asked in dict(options) else "")
