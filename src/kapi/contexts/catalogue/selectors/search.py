"""Search: the words of the query find like words in the index, these find services, and the best of them are scored."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.db import connection

from kapi.contexts.catalogue.models import Service
from kapi.contexts.catalogue.rules.search import (
    LEAST_SCORE,
    LEAST_SHARE_OF_BEST,
    LEAST_SIMILARITY,
    QueryWord,
    prominence,
    query_words,
    read_phrases,
    score,
    similarity,
    telling,
    trigrams,
)
from kapi.contexts.catalogue.values import Link, SearchHit, ServiceKind
from kapi.kernel.langstring import LangString

_MOST_LIKE_WORDS = 60
_MOST_CANDIDATES = 60
# A word in more services than this finds nothing by itself where a rarer word can: it only helps to rank.
_COMMON, _RARE = 1_500, 300


def search(*, query: str, language: str, limit: int = 20) -> list[SearchHit]:
    """Return the services that fit what somebody typed, the best first; empty if nothing fits.

    Tolerates ASCII typing, capitals, suffixes, slips of the keyboard, and words in either language.
    """
    words, known = _understand(query_words(query))
    scored = []
    for candidate in _candidates(words, known):
        stands_out = prominence(usage=candidate.usage, audience=candidate.audience)
        scored.append((score(words, read_phrases(candidate.phrases), prominence=stands_out), candidate))
    scored.sort(key=lambda pair: (-pair[0], pair[1].sort_tr, pair[1].service_id))
    least = max(LEAST_SCORE, LEAST_SHARE_OF_BEST * scored[0][0]) if scored else 0.0
    best = {candidate.service_id: value for value, candidate in scored[:limit] if value >= least}
    services = Service.objects.filter(pk__in=best).select_related("institution").in_bulk()
    return [_hit(services[service_id], value, language) for service_id, value in best.items()]


def _hit(service: Service, value: float, language: str) -> SearchHit:
    return SearchHit(
        code=service.code,
        title=LangString.read(service.title).text(language),
        summary=LangString.read(service.summary).text(language),
        institution=Link(service.institution.code, LangString.read(service.institution.name).text(language)),
        kind=ServiceKind(service.kind),
        score=round(min(value, 1.0), 4),
    )


def _understand(typed: Sequence[str]) -> tuple[list[QueryWord], dict[str, tuple[int, int]]]:
    """Return the query's words with the indexed words they may stand for, and (id, services) of each indexed word."""
    known: dict[str, tuple[int, int]] = {}
    words = []
    for text in typed:
        rows = _like_words(text)
        is_known = any(word == text for _, word, _ in rows)
        alike = {word: similarity(text, word, typed_is_known=is_known) for _, word, _ in rows}
        if len(text) < 3 and not is_known:
            alike = dict.fromkeys(alike, LEAST_SIMILARITY)
        alike = {word: value for word, value in alike.items() if value >= LEAST_SIMILARITY}
        known.update({word: (word_id, services) for word_id, word, services in rows if word in alike})
        # As rare as its commonest close form: a rare misspelling in some title must not outweigh the rest.
        closest = max(alike.values(), default=0.0)
        services = max((known[word][1] for word, value in alike.items() if value >= closest - 0.1), default=0)
        words.append(QueryWord(text, alike, telling(services) if alike else 0.0))
    unknown = sum(word.telling for word in words) / max(len([word for word in words if word.similar]), 1)
    return [word if word.similar else QueryWord(word.text, {}, 0.5 * unknown) for word in words], known


def _like_words(text: str) -> list[tuple[int, str, int]]:
    """Return indexed words that look like `text`: (id, word, in how many services). The one place that knows both."""
    values: list[str | int]
    if len(text) < 3:
        sql, values = _BY_PREFIX[connection.vendor], [text, _MOST_LIKE_WORDS]
    elif connection.vendor == "postgresql":
        stem = text[: max(4, len(text) * 6 // 10)]
        sql, values = _LIKE_ON_POSTGRESQL, [text, stem, text, _MOST_LIKE_WORDS]
    else:
        # The trigram of the first letter alone stands in too many words to tell anything.
        any_of = " OR ".join(f'"{trigram}"' for trigram in sorted(trigrams(text)) if not trigram.startswith("  "))
        sql, values = _LIKE_ON_SQLITE, [any_of, _MOST_LIKE_WORDS]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [(row[0], row[1], row[2]) for row in cursor.fetchall()]


_BY_PREFIX = {
    "postgresql": (
        "SELECT id, word, services FROM catalogue_searchword WHERE word LIKE %s || '%%' AND services > 0 "
        "ORDER BY length(word), services DESC, word LIMIT %s"
    ),
    "sqlite": (
        "SELECT id, word, services FROM catalogue_searchword WHERE word GLOB %s || '*' AND services > 0 "
        "ORDER BY length(word), services DESC, word LIMIT %s"
    ),
}
_LIKE_ON_POSTGRESQL = (
    "SELECT id, word, services FROM catalogue_searchword "
    "WHERE (lower(word) %% %s OR %s <%% lower(word)) AND services > 0 ORDER BY similarity(word, %s) DESC, word LIMIT %s"
)
_LIKE_ON_SQLITE = (
    "SELECT w.id, w.word, w.services FROM catalogue_searchword_fts f JOIN catalogue_searchword w ON w.id = f.rowid "
    "WHERE f.word MATCH %s AND w.services > 0 ORDER BY f.rank LIMIT %s"
)


class _Candidate(NamedTuple):
    """A service that may fit, with what its score depends on."""

    service_id: int
    usage: int
    audience: int | None
    sort_tr: str
    phrases: str


def _candidates(words: Sequence[QueryWord], known: Mapping[str, tuple[int, int]]) -> list[_Candidate]:
    """Return the services that have most of what is asked, at most 60."""
    spread = [sum(known[word][1] for word in asked.similar) for asked in words]
    has_rare = any(0 < services <= _RARE for services in spread)
    matched = [
        (known[word][0], place, round(value * asked.telling, 4))
        for place, asked in enumerate(words)
        if not (has_rare and spread[place] > _COMMON)
        for word, value in asked.similar.items()
    ]
    if not matched:
        return []
    rows = ", ".join(["(%s, %s, %s)"] * len(matched))
    sql = (
        f"WITH matched(word_id, place, strength) AS (VALUES {rows}), "  # noqa: S608 - placeholders only
        "fits AS (SELECT p.service_id, MAX(p.weight * CAST(m.strength AS REAL)) AS best "
        "FROM matched m JOIN catalogue_searchposting p ON p.word_id = m.word_id GROUP BY p.service_id, m.place), "
        "sums AS (SELECT service_id, SUM(best) AS fit FROM fits GROUP BY service_id), "
        "best AS (SELECT f.service_id FROM sums f JOIN catalogue_service s ON s.id = f.service_id "
        "ORDER BY f.fit DESC, s.usage DESC, f.service_id LIMIT %s) "
        "SELECT s.id, s.usage, s.audience, s.sort_tr, e.phrases FROM best b "
        "JOIN catalogue_service s ON s.id = b.service_id JOIN catalogue_searchentry e ON e.service_id = b.service_id"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*(value for row in matched for value in row), _MOST_CANDIDATES])
        return [_Candidate(*row) for row in cursor.fetchall()]
