"""Loading the lists that services refer to: categories, life events and their steps."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from kapi.contexts.catalogue.errors import SamePerson
from kapi.contexts.catalogue.models import Category, LifeEvent, LifeEventStep, Service
from kapi.contexts.catalogue.rules.content import is_code
from kapi.contexts.catalogue.rules.rows import CATEGORY_COLUMNS, LIFE_EVENT_COLUMNS, STEP_COLUMNS
from kapi.foundation.audit.services import record_many
from kapi.kernel.actors import Actor
from kapi.kernel.langstring import LangString
from kapi.kernel.tables import FileRefused, Loaded, Row, RowFault, read_csv


@dataclass(frozen=True)
class _Answering:
    """Who answers for a load."""

    author_id: int
    approver_id: int
    actor: Actor
    now: datetime


def load_categories(*, data: bytes, author_id: int, approver_id: int, actor: Actor, now: datetime) -> Loaded:
    """Load categories from a CSV file with the columns code, title_tr, title_en. Others stay.

    :raises FileRefused: with everything wrong in the file.
    :raises SamePerson: if author and approver are one person.
    """
    with transaction.atomic():
        return _load_categories(data, _answering(author_id, approver_id, actor, now))


def load_life_events(*, data: bytes, author_id: int, approver_id: int, actor: Actor, now: datetime) -> Loaded:
    """Load life events from a CSV file with code, title_tr, title_en, summary_tr, summary_en, order. Others stay.

    :raises FileRefused: with everything wrong in the file.
    :raises SamePerson: if author and approver are one person.
    """
    with transaction.atomic():
        return _load_life_events(data, _answering(author_id, approver_id, actor, now))


def load_life_event_steps(*, data: bytes, author_id: int, approver_id: int, actor: Actor, now: datetime) -> Loaded:
    """Replace the steps of the life events in a CSV file: life_event, order, title_tr, title_en, service_code.

    :raises FileRefused: with everything wrong in the file.
    :raises SamePerson: if author and approver are one person.
    """
    with transaction.atomic():
        return _load_steps(data, _answering(author_id, approver_id, actor, now))


def _answering(author_id: int, approver_id: int, actor: Actor, now: datetime) -> _Answering:
    if author_id == approver_id:
        raise SamePerson
    return _Answering(author_id, approver_id, actor, now)


def _load_categories(data: bytes, answering: _Answering) -> Loaded:
    rows = read_csv(data, columns=CATEGORY_COLUMNS)
    _refuse(_faults_of_codes(rows))
    known = {row.code: row for row in Category.objects.all()}
    wanted: dict[str, dict[str, object]] = {row.cells["code"]: {"title": _title(row).stored()} for row in rows}
    return _load_code_list(Category, known, wanted, answering, data)


def _load_life_events(data: bytes, answering: _Answering) -> Loaded:
    rows = read_csv(data, columns=LIFE_EVENT_COLUMNS)
    _refuse([*_faults_of_codes(rows), *_faults_of_order(rows)])
    known = {row.code: row for row in LifeEvent.objects.all()}
    wanted: dict[str, dict[str, object]] = {
        row.cells["code"]: {
            "title": _title(row).stored(),
            "summary": LangString(row.cells["summary_tr"], row.cells["summary_en"]).stored(),
            "position": int(row.cells["order"]),
        }
        for row in rows
    }
    return _load_code_list(LifeEvent, known, wanted, answering, data)


def _load_code_list(
    model: type[Category | LifeEvent],
    known: Mapping[str, Category | LifeEvent],
    wanted: Mapping[str, dict[str, object]],
    answering: _Answering,
    data: bytes,
) -> Loaded:
    new = [code for code in wanted if code not in known]
    changed = [
        code
        for code, columns in wanted.items()
        if code in known and any(getattr(known[code], name) != value for name, value in columns.items())
    ]
    for code in [*new, *changed]:
        model.objects.update_or_create(code=code, defaults=wanted[code])
    kind = model._meta.model_name or ""
    _audit_load(f"catalogue.{kind}_loaded", kind, [*new, *changed], answering, data)
    return Loaded(added=len(new), changed=len(changed), unchanged=len(wanted) - len(new) - len(changed))


def _load_steps(data: bytes, answering: _Answering) -> Loaded:
    rows = read_csv(data, columns=STEP_COLUMNS)
    services = dict(Service.objects.values_list("code", "pk"))
    events = set(LifeEvent.objects.values_list("code", flat=True))
    _refuse([*_faults_of_order(rows), *_faults_of_steps(rows, services, events)])
    named = {row.cells["life_event"] for row in rows}
    LifeEventStep.objects.filter(life_event__in=named).delete()
    LifeEventStep.objects.bulk_create(
        LifeEventStep(
            life_event_id=row.cells["life_event"],
            position=int(row.cells["order"]),
            title=_title(row).stored(),
            service_id=services.get(row.cells["service_code"]),
        )
        for row in rows
    )
    _audit_load("catalogue.life_event_steps_loaded", "lifeevent", sorted(named), answering, data)
    return Loaded(added=len(rows))


def _faults_of_codes(rows: Iterable[Row]) -> Iterable[RowFault]:
    seen: dict[str, int] = {}
    for row in rows:
        code = row.cells["code"]
        if not is_code(code):
            yield row.fault("code", "not a code", "write lower-case ASCII words joined by hyphens")
        if code in seen:
            yield row.fault("code", f"also in row {seen[code]}", "give each code one row")
        seen.setdefault(code, row.number)
        if not row.cells["title_tr"]:
            yield row.fault("title_tr", "missing", "write it in Turkish")


def _faults_of_order(rows: Iterable[Row]) -> Iterable[RowFault]:
    for row in rows:
        order = row.cells["order"]
        if not (order.isascii() and order.isdigit() and int(order) < 32_768):
            yield row.fault("order", "not a number", "write digits only")


def _faults_of_steps(rows: Iterable[Row], services: Mapping[str, int], events: set[str]) -> Iterable[RowFault]:
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        place = (row.cells["life_event"], row.cells["order"].lstrip("0"))
        if place in seen:
            yield row.fault("order", f"also in row {seen[place]}", "give each step of a life event its own number")
        seen.setdefault(place, row.number)
        if row.cells["life_event"] not in events:
            yield row.fault("life_event", "no such life event", "load the life events first")
        if row.cells["service_code"] and row.cells["service_code"] not in services:
            yield row.fault("service_code", "no such service", "load the services first, or leave it empty")
        if not row.cells["title_tr"]:
            yield row.fault("title_tr", "missing", "write it in Turkish")


def _audit_load(action: str, kind: str, codes: Iterable[str], answering: _Answering, data: bytes) -> None:
    record_many(
        action=action,
        subject_kind=kind,
        subjects={
            code: {
                "file": hashlib.sha256(data).hexdigest(),
                "author": answering.author_id,
                "approver": answering.approver_id,
            }
            for code in codes
        },
        actor=answering.actor,
        now=answering.now,
    )


def _title(row: Row) -> LangString:
    return LangString(row.cells["title_tr"], row.cells["title_en"])


def _refuse(faults: Iterable[RowFault]) -> None:
    found = list(faults)
    if found:
        raise FileRefused(found)
