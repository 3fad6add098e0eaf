"""Keeping the search index: written in the transaction that changes what is public."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

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

    Needed after the rules of what is indexed change, or the name of an institution.
    """
    with transaction.atomic():
        hold_lock(_LOCK)
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
        _count_services()
        record(
            action="catalogue.search_rebuilt",
            subject_kind="catalogue",
            subject_id="search",
            actor=actor,
            now=now,
            details={"services": len(phrases)},
        )
    return len(phrases)


def _index_service(service: Service, content: ServiceContent | None) -> None:
    """Index what a service says now; without content it leaves the index. In the caller's transaction."""
    hold_lock(_LOCK)
    _remove([service.pk])
    if content is not None:
        words = _add({service.pk: phrases_of(content, LangString.read(service.institution.name))})
        SearchWord.objects.filter(pk__in=words).update(services=F("services") + 1)


def _remove(service_ids: Iterable[int]) -> None:
    ids = list(service_ids)
    old = list(SearchPosting.objects.filter(service__in=ids).values_list("word_id", flat=True))
    SearchPosting.objects.filter(service__in=ids).delete()
    SearchEntry.objects.filter(service__in=ids).delete()
    SearchWord.objects.filter(pk__in=old).update(services=F("services") - 1)


def _add(phrases: Mapping[int, list[tuple[int, str]]]) -> list[int]:
    """Add postings and entries, and return the ids of the words that were used. Does not count services."""
    weights = {service_id: weighted_words(found) for service_id, found in phrases.items()}
    ids = _word_ids({word for found in weights.values() for word in found})
    SearchEntry.objects.bulk_create(
        [SearchEntry(service_id=service_id, phrases=write_phrases(found)) for service_id, found in phrases.items()],
        batch_size=_BATCH,
    )
    SearchPosting.objects.bulk_create(
        (
            SearchPosting(word_id=ids[word], service_id=service_id, weight=weight)
            for service_id, found in weights.items()
            for word, weight in found.items()
        ),
        batch_size=_BATCH,
    )
    return list(ids.values())


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


def _count_services() -> None:
    counts = SearchPosting.objects.filter(word=OuterRef("pk")).order_by().values("word").annotate(n=Count("service"))
    SearchWord.objects.update(services=Coalesce(Subquery(counts.values("n")), 0))
