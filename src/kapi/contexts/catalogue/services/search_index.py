"""Keeping the search index: written in the transaction that changes what is public."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F

from kapi.contexts.catalogue.models import SearchEntry, SearchPosting, SearchWord, Service
from kapi.contexts.catalogue.rules.content import from_document
from kapi.contexts.catalogue.rules.search import phrases_of, weighted_words, write_phrases
from kapi.contexts.catalogue.values import ServiceContent, ServiceStatus
from kapi.foundation.audit.services import record
from kapi.foundation.locks import hold_lock
from kapi.kernel.actors import Actor
from kapi.kernel.langstring import LangString

_LOCK = "catalogue-search"
_BATCH = 2_000


def rebuild_search_index(*, actor: Actor, now: datetime) -> int:
    """Write the whole index anew from what is published, and return how many services it holds.

    Needed after the rules of what is indexed change.
    """
    with transaction.atomic():
        _hold_index()
        SearchPosting.objects.all().delete()
        SearchEntry.objects.all().delete()
        SearchWord.objects.all().delete()
        rows = Service.objects.filter(status=ServiceStatus.ACTIVE).select_related("current", "institution")
        phrases = {
            row.pk: phrases_of(from_document(row.current.content), LangString.read(row.institution.name))
            for row in rows.order_by("pk").iterator(chunk_size=500)
            if row.current is not None
        }
        _add(phrases)
        record(
            action="catalogue.search_rebuilt",
            subject_kind="catalogue",
            subject_id="search",
            actor=actor,
            now=now,
            details={"services": len(phrases)},
        )
    return len(phrases)


def index_institution(*, institution_code: str, actor: Actor, now: datetime) -> int:
    """Write the index of an institution's own services anew, as after a change of its name; return how many."""
    with transaction.atomic():
        _hold_index()
        rows = Service.objects.filter(institution=institution_code, status=ServiceStatus.ACTIVE)
        phrases = {
            row.pk: phrases_of(from_document(row.current.content), LangString.read(row.institution.name))
            for row in rows.select_related("current", "institution").order_by("pk")
            if row.current is not None
        }
        _remove(phrases)
        _add(phrases)
    return len(phrases)


def _hold_index() -> None:
    """Let one transaction at a time write the index, so that words are counted once."""
    hold_lock(_LOCK)


def _index_service(service: Service, content: ServiceContent | None) -> None:
    """Index what a service says now; without content it leaves the index. In the caller's transaction."""
    _hold_index()
    _remove([service.pk])
    if content is not None:
        _add({service.pk: phrases_of(content, LangString.read(service.institution.name))})


def _remove(service_ids: Iterable[int]) -> None:
    ids = list(service_ids)
    old: Counter[int] = Counter()
    for start in range(0, len(ids), _BATCH):
        postings = SearchPosting.objects.filter(service__in=ids[start : start + _BATCH])
        old.update(postings.values_list("word_id", flat=True))
        postings.delete()
        SearchEntry.objects.filter(service__in=ids[start : start + _BATCH]).delete()
    _count(old, sign=-1)


def _add(phrases: Mapping[int, list[tuple[int, str]]]) -> None:
    """Add postings and entries of services that have none."""
    weights = {service_id: weighted_words(found) for service_id, found in phrases.items()}
    ids = _word_ids({word for found in weights.values() for word in found})
    SearchEntry.objects.bulk_create(
        SearchEntry(service_id=service_id, phrases=write_phrases(found)) for service_id, found in phrases.items()
    )
    _insert_postings(
        [(ids[word], service_id, weight) for service_id, found in weights.items() for word, weight in found.items()]
    )
    _count(Counter(ids[word] for found in weights.values() for word in found), sign=1)


def _insert_postings(postings: Sequence[tuple[int, int, int]]) -> None:
    """Insert (word, service, weight), of which a large catalogue has hundreds of thousands, without making objects."""
    columns = "catalogue_searchposting (word_id, service_id, weight)"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {columns} FROM STDIN") as copy:
                copy.write("".join(f"{word}\t{service}\t{weight}\n" for word, service, weight in postings))
        else:
            cursor.executemany(f"INSERT INTO {columns} VALUES (%s, %s, %s)", postings)  # noqa: S608 - a constant


def _count(occurrences: Counter[int], *, sign: int) -> None:
    """Add to, or take from, the number of services of each word: one statement per different number."""
    by_number: dict[int, list[int]] = {}
    for word_id, number in occurrences.items():
        by_number.setdefault(number, []).append(word_id)
    for number, word_ids in by_number.items():
        for start in range(0, len(word_ids), _BATCH):
            chunk = word_ids[start : start + _BATCH]
            SearchWord.objects.filter(pk__in=chunk).update(services=F("services") + sign * number)


def _word_ids(words: set[str]) -> dict[str, int]:
    ordered = sorted(words)
    SearchWord.objects.bulk_create(
        (SearchWord(word=word) for word in ordered), ignore_conflicts=True, batch_size=_BATCH
    )
    ids: dict[str, int] = {}
    for start in range(0, len(ordered), _BATCH):
        found = SearchWord.objects.filter(word__in=ordered[start : start + _BATCH])
        ids.update(found.values_list("word", "pk"))
    return ids
