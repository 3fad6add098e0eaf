"""Search: what people type, narrowed and paged; the same as JSON for programs."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from kapi.contexts.catalogue import selectors as catalogue
from kapi.contexts.catalogue import services as catalogue_services
from kapi.contexts.catalogue.values import SearchHit
from kapi.contexts.institutions import selectors as institutions
from kapi.kernel import turkish
from kapi.kernel.actors import NOBODY
from kapi.sites.portal import shelves, words
from kapi.sites.ui.paging import NoSuchPage, Paging
from kapi.sites.ui.public import public_page

LONGEST_QUERY: Final = 200
MOST_HITS: Final = 100
HITS_AS_JSON: Final = 20
PAGE_SIZE: Final = 10
INSTITUTIONS_SHOWN: Final = 3
_NARROW_FROM: Final = 4


@dataclass(frozen=True)
class Filters:
    """The ways to narrow the results: each `select` as govuk-frontend's component takes it."""

    selects: tuple[dict[str, Any], ...]
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
    hits = catalogue.search(query=query, language=language, limit=MOST_HITS)
    categories_of = catalogue.categories_of(service_codes=[hit.code for hit in hits])
    facets = _facets(hits, categories_of, language)
    chosen = {name: value for name, (_label, options) in facets.items() if (value := request.GET.get(name)) in options}
    shown = [hit for hit in hits if _fits(hit, categories_of, chosen)]
    try:
        paging = Paging.of(request, total=len(shown), size=PAGE_SIZE, keep=("q", *facets))
    except NoSuchPage as missing:
        raise Http404 from missing
    if not hits:
        catalogue_services.record_unanswered_search(query=query, actor=NOBODY, now=timezone.now())
    start = (paging.page - 1) * PAGE_SIZE
    return _page(
        request,
        {
            "query": query,
            "results": shown[start : start + PAGE_SIZE],
            "paging": paging,
            "filters": _filters(facets, chosen) if len(hits) >= _NARROW_FROM or chosen else None,
            "institutions": _institutions(query, language) if paging.page == 1 and not chosen else [],
        },
    )


def _page(request: HttpRequest, found: dict[str, Any], *, status: int = 200) -> HttpResponse:
    language = get_language() or ""
    values: dict[str, Any] = {
        "query": "", "results": [], "filters": None, "institutions": [], "mistakes": [], "most_used": (),
        "categories": (), "paging": None,
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


_Facets = dict[str, tuple[str, dict[str, str]]]


def _facets(hits: Iterable[SearchHit], categories_of: dict[str, tuple[str, ...]], language: str) -> _Facets:
    """Return what the hits can be narrowed by: parameter -> (label, value -> words), in the order of the words."""
    titles = {line.code: line.title for line in shelves.categories(language=language)}
    hits = list(hits)
    found = {
        "kurum": (_("Institution"), {hit.institution.code: str(hit.institution.title) for hit in hits}),
        "kategori": (
            _("Category"),
            {code: str(titles[code]) for hit in hits for code in categories_of.get(hit.code, ()) if code in titles},
        ),
        "tur": (_("Kind"), {hit.kind.value: str(words.KINDS[hit.kind]) for hit in hits}),
    }
    return {
        name: (label, dict(sorted(options.items(), key=lambda option: turkish.sort_key(option[1]))))
        for name, (label, options) in found.items()
    }


def _fits(hit: SearchHit, categories_of: dict[str, tuple[str, ...]], chosen: dict[str, str]) -> bool:
    has = {
        "kurum": (hit.institution.code,),
        "kategori": categories_of.get(hit.code, ()),
        "tur": (hit.kind.value,),
    }
    return all(value in has[name] for name, value in chosen.items())


def _filters(facets: _Facets, chosen: dict[str, str]) -> Filters:
    selects = tuple(
        {
            "id": name,
            "name": name,
            "label": {"text": label, "classes": "govuk-label--s"},
            "items": [
                {"value": "", "text": _("All")},
                *(
                    {"value": value, "text": text, "selected": chosen.get(name) == value}
                    for value, text in options.items()
                ),
            ],
        }
        for name, (label, options) in facets.items()
        if len(options) > 1 or name in chosen
    )
    return Filters(selects, in_use=bool(chosen))
