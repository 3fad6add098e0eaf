"""Search: the words of the query find like words in the index, these find services, and the best of them are scored."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from django.db import connection

from kapi.contexts.catalogue.rules.search import (
    LEAST_SCORE,
    LEAST_SHARE_OF_BEST,
    LEAST_SIMILARITY,
    SAME_BEGINNING,
    QueryWord,
    Scorer,
    prominence,
    query_words,
    read_phrases,
    similarity,
    telling,
    trigrams,
)
from kapi.contexts.catalogue.values import Link, Narrowing, SearchHit, SearchPage, ServiceKind
from kapi.foundation.prepared import Statement
from kapi.kernel.langstring import LangString, LocalText

_MOST_LIKE_WORDS = 60
# So many of the best are looked at and no more.
MOST_HITS = 60
# A word in more services than this finds nothing by itself where a rarer word can: it only helps to rank.
_COMMON, _RARE = 1_500, 300


def search(*, query: str, language: str, limit: int = 20) -> list[SearchHit]:
    """Return the services that fit what somebody typed, the best first, at most 60; empty if nothing fits.

    Tolerates ASCII typing, capitals, suffixes, slips of the keyboard, and words in either language.
    """
    return [_hit(value, candidate, language) for value, candidate in _ranked(query)[:limit]]


def search_page(*, query: str, language: str, narrowing: Narrowing, start: int, limit: int) -> SearchPage:
    """Return a stretch of what `search` finds, narrowed, with what it can be narrowed by.

    What no result has narrows nothing.
    """
    found = _ranked(query)
    candidates = [candidate for _, candidate in found]
    categories = _categories_of([candidate.service_id for candidate in candidates])
    institutions = {candidate.institution_code: candidate.institution_name for candidate in candidates}
    offered = {
        "institution": institutions.keys(),
        "category": {category for of_one in categories.values() for category in of_one},
        "kind": {candidate.kind for candidate in candidates},
    }

    def fits(candidate: _Candidate) -> bool:
        return (
            (narrowing.institution not in offered["institution"] or narrowing.institution == candidate.institution_code)
            and (
                narrowing.category not in offered["category"] or narrowing.category in categories[candidate.service_id]
            )
            and (narrowing.kind not in offered["kind"] or narrowing.kind == candidate.kind)
        )

    shown = [(value, candidate) for value, candidate in found if fits(candidate)]
    return SearchPage(
        hits=tuple(_hit(value, candidate, language) for value, candidate in shown[start : start + limit]),
        total=len(shown),
        found=len(found),
        more=len(found) == MOST_HITS,
        institutions=tuple(Link(code, _name(name, language)) for code, name in institutions.items()),
        categories=frozenset(offered["category"]),
        kinds=frozenset(map(ServiceKind, offered["kind"])),
    )


class _Candidate(NamedTuple):
    """A service that may fit: what its score depends on, and its texts as they are stored, read only when shown."""

    service_id: int
    usage: int
    audience: int | None
    sort_tr: str
    phrases: str
    code: str
    kind: str
    title: str
    summary: str
    institution_code: str
    institution_name: str


def _ranked(query: str) -> list[tuple[float, _Candidate]]:
    """Return what fits with its score, the best first."""
    words, known = _understand(query_words(query))
    scorer = Scorer(words)
    scored = []
    for candidate in _candidates(words, known):
        stands_out = prominence(usage=candidate.usage, audience=candidate.audience)
        scored.append((scorer.score(read_phrases(candidate.phrases), prominence=stands_out), candidate))
    scored.sort(key=lambda pair: (-pair[0], pair[1].sort_tr, pair[1].service_id))
    least = max(LEAST_SCORE, LEAST_SHARE_OF_BEST * scored[0][0]) if scored else 0.0
    return [(value, candidate) for value, candidate in scored if value >= least]


def _hit(value: float, candidate: _Candidate, language: str) -> SearchHit:
    return SearchHit(
        code=candidate.code,
        title=_text(candidate.title, language),
        summary=_text(candidate.summary, language),
        institution=Link(candidate.institution_code, _name(candidate.institution_name, language)),
        kind=ServiceKind(candidate.kind),
        score=round(min(value, 1.0), 4),
    )


def _text(stored: str, language: str) -> LocalText:
    return LangString.read(json.loads(stored)).text(language)


# The same institutions come again in most searches.
_name = lru_cache(maxsize=4_000)(_text)


def _categories_of(service_ids: Sequence[int]) -> dict[int, set[str]]:
    """Return the codes of the categories of each service."""
    found: dict[int, set[str]] = {service_id: set() for service_id in service_ids}
    if found:
        sql = f"SELECT service_id, category_id FROM catalogue_service_categories WHERE {_AMONG[connection.vendor]}"  # noqa: S608 - a constant
        for service_id, category in _rows(sql, [_listed(service_ids)]):
            found[service_id].add(category)
    return found


class _Word(NamedTuple):
    """An indexed word, and in how many services it is."""

    id: int
    text: str
    services: int


def _understand(typed: Sequence[str]) -> tuple[list[QueryWord], dict[str, _Word]]:
    """Return the query's words with the indexed words they may stand for, and each of those as it is indexed."""
    begin_alike = _words_that_begin_like(typed)
    known: dict[str, _Word] = {}
    words = []
    for text in typed:
        alike = _alike(text, begin_alike)
        known.update({word.text: word for word in alike})
        # As rare as its commonest close form: a rare misspelling in some title must not outweigh the rest.
        closest = max(alike.values(), default=0.0)
        services = max((word.services for word, value in alike.items() if value >= closest - 0.1), default=0)
        similar = {word.text: value for word, value in alike.items()}
        words.append(QueryWord(text, similar, telling(services) if similar else 0.0))
    unknown = sum(word.telling for word in words) / max(len([word for word in words if word.similar]), 1)
    return [word if word.similar else QueryWord(word.text, {}, 0.5 * unknown) for word in words], known


def _alike(text: str, begin_alike: Iterable[_Word]) -> dict[_Word, float]:
    """Return the indexed words that `text` may stand for, and how likely it does.

    A word that is itself indexed can only mean other forms of itself, and these begin like it: no slips are looked for.
    """
    if len(text) < SAME_BEGINNING:
        rows = _words_that_continue(text)
        is_known = any(word.text == text for word in rows)
        if not is_known:
            return dict.fromkeys(rows, LEAST_SIMILARITY)
    else:
        rows = [word for word in begin_alike if word.text.startswith(text[:SAME_BEGINNING])]
        is_known = any(word.text == text for word in rows)
        if not is_known:
            rows = list({*rows, *_words_that_look_like(text)})
    values = {word: similarity(text, word.text, typed_is_known=is_known) for word in rows}
    return {word: value for word, value in values.items() if value >= LEAST_SIMILARITY}


# What the databases do differently. A list is one value, so that there are few different statements, which a database
# reads once. A beginning is looked for as a stretch of the alphabet ("{" stands right behind "z"), since only that can
# be looked up in an index whatever the beginning is.
_BEGINS = {"postgresql": "(word ~>=~ %s AND word ~<~ %s)", "sqlite": "(word BETWEEN %s AND %s)"}
_AMONG = {"postgresql": "service_id = ANY(%s::bigint[])", "sqlite": "service_id IN (SELECT value FROM json_each(%s))"}
_MATCHED = {
    "postgresql": "SELECT * FROM unnest(%s::bigint[], %s::smallint[], %s::real[])",
    "sqlite": "SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(%s)",
}


def _listed(values: Sequence[object]) -> Sequence[object] | str:
    return values if connection.vendor == "postgresql" else json.dumps(values)


def _words_that_begin_like(typed: Iterable[str]) -> list[_Word]:
    """Return the indexed words that begin with the same three letters as one of those typed."""
    beginnings = sorted({text[:SAME_BEGINNING] for text in typed if len(text) >= SAME_BEGINNING})
    if not beginnings:
        return []
    any_of = " OR ".join([_BEGINS[connection.vendor]] * len(beginnings))
    sql = f"SELECT id, word, services FROM catalogue_searchword WHERE services > 0 AND ({any_of})"  # noqa: S608 - placeholders only
    return [_Word(*row) for row in _rows(sql, [value for text in beginnings for value in _range(text)])]


def _words_that_continue(text: str) -> list[_Word]:
    """Return the shortest indexed words that begin with a short text."""
    sql = (
        f"SELECT id, word, services FROM catalogue_searchword WHERE services > 0 AND {_BEGINS[connection.vendor]} "  # noqa: S608 - placeholders only
        "ORDER BY length(word), services DESC, word LIMIT %s"
    )
    return [_Word(*row) for row in _rows(sql, [*_range(text), _MOST_LIKE_WORDS])]


def _words_that_look_like(text: str) -> list[_Word]:
    """Return the indexed words that share most trigrams with `text`."""
    if connection.vendor == "postgresql":
        stem = text[: max(4, len(text) * 6 // 10)]
        return [_Word(*row) for row in _rows(_LIKE_ON_POSTGRESQL, [text, stem, text, _MOST_LIKE_WORDS])]
    # The trigram of the first letter alone stands in too many words to tell anything.
    any_of = " OR ".join(f'"{trigram}"' for trigram in sorted(trigrams(text)) if not trigram.startswith("  "))
    return [_Word(*row) for row in _rows(_LIKE_ON_SQLITE, [any_of, _MOST_LIKE_WORDS])]


_LIKE_ON_POSTGRESQL = (
    "SELECT id, word, services FROM catalogue_searchword "
    "WHERE (lower(word) %% %s OR %s <%% lower(word)) AND services > 0 ORDER BY similarity(word, %s) DESC, word LIMIT %s"
)
_LIKE_ON_SQLITE = (
    "SELECT w.id, w.word, w.services FROM catalogue_searchword_fts f JOIN catalogue_searchword w ON w.id = f.rowid "
    "WHERE f.word MATCH %s AND w.services > 0 ORDER BY f.rank LIMIT %s"
)


def _range(beginning: str) -> tuple[str, str]:
    return beginning, beginning + "{"


def _candidates(words: Sequence[QueryWord], known: Mapping[str, _Word]) -> list[_Candidate]:
    """Return the services that have most of what is asked, at most 60."""
    spread = [sum(known[word].services for word in asked.similar) for asked in words]
    has_rare = any(0 < services <= _RARE for services in spread)
    matched = [
        (known[word].id, place, round(value * asked.telling, 4))
        for place, asked in enumerate(words)
        if not (has_rare and spread[place] > _COMMON)
        for word, value in asked.similar.items()
    ]
    if not matched:
        return []
    places = sorted({place for _, place, _ in matched})
    best = "COALESCE(MAX(CASE WHEN m.place = {} THEN p.weight * m.strength END), 0)"
    fit = " + ".join(best.format(number) for number in range(len(places)))
    # Their use is looked up for those only that can be among the best: a common word is in thousands.
    sql = (
        f"WITH matched(word_id, place, strength) AS MATERIALIZED ({_MATCHED[connection.vendor]}), "  # noqa: S608 - placeholders and numbers only
        f"fits AS MATERIALIZED (SELECT p.service_id, {fit} AS fit "
        "FROM matched m JOIN catalogue_searchposting p ON p.word_id = m.word_id GROUP BY p.service_id), "
        "best AS (SELECT f.service_id FROM fits f JOIN catalogue_service s ON s.id = f.service_id "
        "WHERE f.fit >= (SELECT MIN(fit) FROM (SELECT fit FROM fits ORDER BY fit DESC LIMIT %s) AS first) "
        "ORDER BY f.fit DESC, s.usage DESC, f.service_id LIMIT %s) "
        "SELECT s.id, s.usage, s.audience, s.sort_tr, e.phrases, s.code, s.kind, s.title, s.summary, i.code, i.name "
        "FROM best b JOIN catalogue_service s ON s.id = b.service_id "
        "JOIN catalogue_searchentry e ON e.service_id = b.service_id "
        "JOIN institutions_institution i ON i.code = s.institution_id"
    )
    numbered = [(word_id, places.index(place), strength) for word_id, place, strength in matched]
    listed = list(map(list, zip(*numbered, strict=True))) if connection.vendor == "postgresql" else [_listed(numbered)]
    return [_Candidate(*row) for row in _rows(sql, [*listed, MOST_HITS, MOST_HITS])]


def _rows(sql: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
    return _statement(sql).send(values)[0]


@cache
def _statement(sql: str) -> Statement:
    """Return the statement of a text, of which there are about thirty: they differ by how many words are asked for."""
    return Statement(sql)
