"""Loading services from a file: all of them, or nothing and every reason."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, OuterRef, Subquery

from kapi.contexts.catalogue.models import (
    Category,
    LegalResource,
    LifeEvent,
    Service,
    ServiceRevision,
)
from kapi.contexts.catalogue.rules.content import content_sha256, to_document
from kapi.contexts.catalogue.rules.json_ld import looks_like_json, read_json_ld
from kapi.contexts.catalogue.rules.listing import columns_of
from kapi.contexts.catalogue.rules.rows import (
    OPTIONAL_SERVICE_COLUMNS,
    SERVICE_COLUMNS,
    ServiceRow,
    read_service_row,
)
from kapi.contexts.catalogue.rules.search import phrases_of
from kapi.contexts.catalogue.services.code_lists import (
    _Answering,
    _answering,
    _load_categories,
    _load_life_events,
    _load_steps,
    _refuse,
)
from kapi.contexts.catalogue.services.search_index import _add, _hold_index, _remove
from kapi.contexts.catalogue.values import LegalResource as LegalResourceValue
from kapi.contexts.catalogue.values import RevisionState, ServiceStatus
from kapi.contexts.institutions.models import Institution
from kapi.foundation.audit.services import record_many
from kapi.foundation.locks import hold_lock
from kapi.kernel.actors import Actor
from kapi.kernel.langstring import LangString
from kapi.kernel.tables import Loaded, RowFault, read_csv

_CHUNK = 500
Progress = Callable[[int], None]


def load_catalogue(
    *,
    categories: bytes,
    life_events: bytes,
    services: bytes,
    life_event_steps: bytes,
    places: Mapping[str, str],
    author_id: int,
    approver_id: int,
    progress: Progress,
    actor: Actor,
    now: datetime,
) -> Loaded:
    """Load four CSV files that belong together, in one transaction; return what was done to services.

    :raises FileRefused: with everything wrong in the first file that has faults.
    :raises SamePerson: if author and approver are one person.
    """
    answering = _answering(author_id, approver_id, actor, now)
    with transaction.atomic():
        _load_categories(categories, answering)
        _load_life_events(life_events, answering)
        loaded = _load_services(services, places, progress, answering)
        _load_steps(life_event_steps, answering)
    return loaded


def load_services(
    *,
    data: bytes,
    places: Mapping[str, str],
    author_id: int,
    approver_id: int,
    progress: Progress,
    actor: Actor,
    now: datetime,
) -> Loaded:
    """Publish the services of a file, whole or not at all: CSV (`SERVICE_COLUMNS`), or JSON-LD as we export it.

    A service that is new gets its first revision, one that changed its next; one that says what is published already
    is left alone, so loading the same file again does nothing. Drafts stay drafts. `places` are the addresses that
    `{name}` stands for in `channel_web`. `progress` is called with the number of services done, in steps.

    :raises FileRefused: with everything wrong in the file, row by row.
    :raises SamePerson: if author and approver are one person.
    """
    with transaction.atomic():
        return _load_services(data, places, progress, _answering(author_id, approver_id, actor, now))


def _load_services(data: bytes, places: Mapping[str, str], progress: Progress, answering: _Answering) -> Loaded:
    if looks_like_json(data):
        entries, faults = read_json_ld(data)
    else:
        entries, faults = [], []
        for row in read_csv(data, columns=SERVICE_COLUMNS, optional=OPTIONAL_SERVICE_COLUMNS):
            entry, found = read_service_row(row, places=places)
            faults += found
            if entry is not None:
                entries.append(entry)
    return _publish(entries, faults, progress, answering)


def _publish(
    entries: Sequence[ServiceRow], faults: list[RowFault], progress: Progress, answering: _Answering
) -> Loaded:
    """Publish what a file says, if nothing in it is wrong."""
    hold_lock("catalogue-load")
    known = _known({entry.code for entry in entries})
    _refuse([*faults, *_faults_of_references(entries, known)])
    documents = {entry.code: to_document(entry.content) for entry in entries}
    hashes = {code: content_sha256(document) for code, document in documents.items()}
    new = [entry for entry in entries if entry.code not in known]
    changed = [
        entry
        for entry in entries
        if entry.code in known and (known[entry.code].current_sha256, known[entry.code].institution_code)
        != (hashes[entry.code], entry.institution_code)
    ]  # fmt: skip
    _hold_index()
    done = len(entries) - len(new) - len(changed)
    progress(done)
    writing, ids = [*new, *changed], dict[str, int]()
    for start in range(0, len(writing), _CHUNK):
        chunk = writing[start : start + _CHUNK]
        ids |= _publish_chunk(chunk, documents, hashes, answering)
        done += len(chunk)
        progress(done)
    _index_all(writing, ids)
    return Loaded(added=len(new), changed=len(changed), unchanged=len(entries) - len(writing))


@dataclass(frozen=True)
class _Known:
    """What is stored about a service that a file names."""

    status: str
    institution_code: str
    current_sha256: str | None


def _known(codes: Iterable[str]) -> dict[str, _Known]:
    known: dict[str, _Known] = {}
    for chunk in _chunks(sorted(codes)):
        rows = Service.objects.filter(code__in=chunk)
        for code, *rest in rows.values_list("code", "status", "institution_id", "current__content_sha256"):
            known[code] = _Known(*rest)
    return known


def _faults_of_references(entries: Sequence[ServiceRow], known: Mapping[str, _Known]) -> Iterable[RowFault]:
    institutions: set[str] = set()
    for chunk in _chunks(sorted({entry.institution_code for entry in entries})):
        institutions.update(Institution.objects.filter(pk__in=chunk).values_list("pk", flat=True))
    categories = set(Category.objects.values_list("pk", flat=True))
    events = set(LifeEvent.objects.values_list("pk", flat=True))
    seen: dict[str, int] = {}
    for entry in entries:
        if entry.code in seen:
            yield RowFault(entry.number, "code", f"also in row {seen[entry.code]}", "give each service one row")
        seen.setdefault(entry.code, entry.number)
        if entry.code in known and known[entry.code].status == ServiceStatus.RETIRED:
            yield RowFault(entry.number, "code", "retired", "take another code; codes are never used again")
        if entry.institution_code not in institutions:
            yield RowFault(entry.number, "institution_code", "no such institution", "load the institutions first")
        if unknown := set(entry.content.categories) - categories:
            yield RowFault(entry.number, "categories", f"unknown: {_named(unknown)}", "load the categories first")
        if unknown := set(entry.content.life_events) - events:
            yield RowFault(entry.number, "life_events", f"unknown: {_named(unknown)}", "load the life events first")


def _publish_chunk(
    entries: Sequence[ServiceRow],
    documents: Mapping[str, dict[str, object]],
    hashes: Mapping[str, str],
    answering: _Answering,
) -> dict[str, int]:
    """Write services and their published revisions; return the ids of the services by code."""
    ids = _write_services(entries)
    numbers = _next_numbers(ids.values())
    ServiceRevision.objects.filter(service__in=list(ids.values()), state=RevisionState.PUBLISHED).update(
        state=RevisionState.SUPERSEDED
    )
    ServiceRevision.objects.bulk_create(
        ServiceRevision(
            service_id=ids[entry.code],
            number=numbers.get(ids[entry.code], 1),
            state=RevisionState.PUBLISHED,
            content=documents[entry.code],
            content_sha256=hashes[entry.code],
            author_id=answering.author_id,
            contributors=[answering.author_id],
            approver_id=answering.approver_id,
            drafted_at=answering.now,
            published_at=answering.now,
        )
        for entry in entries
    )
    published = ServiceRevision.objects.filter(service=OuterRef("pk"), state=RevisionState.PUBLISHED).values("pk")
    Service.objects.filter(pk__in=list(ids.values())).update(current=Subquery(published), status=ServiceStatus.ACTIVE)
    _connect_all(entries, ids)
    record_many(
        action="catalogue.revision_published",
        subject_kind="service",
        subjects={
            entry.code: {
                "revision": numbers.get(ids[entry.code], 1),
                "content_sha256": hashes[entry.code],
                "author": answering.author_id,
                "approver": answering.approver_id,
            }
            for entry in entries
        },
        actor=answering.actor,
        now=answering.now,
    )
    return ids


def _write_services(entries: Sequence[ServiceRow]) -> dict[str, int]:
    rows = []
    columns: dict[str, object] = {}
    for entry in entries:
        columns = columns_of(entry.content)
        rows.append(
            Service(
                code=entry.code,
                institution_id=entry.institution_code,
                status=ServiceStatus.IN_PREPARATION,
                **columns,
            )
        )
    Service.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["code"], update_fields=["institution", *columns]
    )
    return dict(Service.objects.filter(code__in=[entry.code for entry in entries]).values_list("code", "pk"))


def _next_numbers(service_ids: Iterable[int]) -> dict[int, int]:
    rows = ServiceRevision.objects.filter(service__in=list(service_ids)).values_list("service")
    return {service_id: last + 1 for service_id, last in rows.annotate(last=Max("number")).order_by()}


def _connect_all(entries: Sequence[ServiceRow], ids: Mapping[str, int]) -> None:
    laws = _law_ids({law for entry in entries for law in entry.content.legal_basis})
    contents = {ids[entry.code]: entry.content for entry in entries}
    _link(Service.categories.through, "category_id", {pk: content.categories for pk, content in contents.items()})
    _link(Service.life_events.through, "lifeevent_id", {pk: content.life_events for pk, content in contents.items()})
    _link(
        Service.legal_resources.through,
        "legalresource_id",
        {pk: [laws[law] for law in content.legal_basis] for pk, content in contents.items()},
    )


def _link(through: Any, column: str, targets: Mapping[int, Sequence[object]]) -> None:
    """Make services point to exactly these targets."""
    through.objects.filter(service_id__in=list(targets)).delete()
    through.objects.bulk_create(
        through(**{"service_id": service_id, column: target})
        for service_id, found in targets.items()
        for target in dict.fromkeys(found)
    )


def _law_ids(laws: Iterable[LegalResourceValue]) -> dict[LegalResourceValue, int]:
    wanted = sorted(laws)
    LegalResource.objects.bulk_create(
        (LegalResource(type=law.type, number=law.number, article=law.article, title=law.title) for law in wanted),
        ignore_conflicts=True,
    )
    numbers = {law.number for law in wanted}
    rows = LegalResource.objects.filter(number__in=numbers)
    return {LegalResourceValue(row.type, row.number, row.article, row.title): row.pk for row in rows}


def _index_all(entries: Sequence[ServiceRow], ids: Mapping[str, int]) -> None:
    names: dict[str, LangString] = {}
    for chunk in _chunks(sorted({entry.institution_code for entry in entries})):
        rows = Institution.objects.filter(pk__in=chunk).values_list("code", "name")
        names.update({code: LangString.read(name) for code, name in rows})
    _remove(ids.values())
    _add({ids[entry.code]: phrases_of(entry.content, names[entry.institution_code]) for entry in entries})


def _named(codes: Iterable[str]) -> str:
    return ", ".join(sorted(codes))


def _chunks(items: Sequence[str]) -> Iterable[Sequence[str]]:
    return (items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK))
