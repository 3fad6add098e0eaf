"""What the population register tells is written down, and acted upon: death, guardianship, another name."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from kapi.contexts.identity import selectors
from kapi.contexts.identity.errors import PopulationRegisterUnavailable
from kapi.contexts.identity.models import Person, RegisterEntry, RegisterEntrySetAside, RegisterMark
from kapi.contexts.identity.providers.population.registry import get_population_register
from kapi.contexts.identity.rules import register as rules
from kapi.contexts.identity.rules.details import clean_details
from kapi.contexts.identity.services.closings import close_account
from kapi.contexts.identity.services.history import NOWHERE, note_in_history
from kapi.contexts.identity.values import (
    BirthDate,
    HistoryKind,
    PersonId,
    RegisterEvent,
    RegisterEventKind,
    RegisterOutcome,
    SetAsideReason,
)
from kapi.foundation.audit.services import record
from kapi.kernel.actors import Actor
from kapi.kernel.errors import InvalidValue


def read_register_events(*, actor: Actor, now: datetime) -> int:
    """Ask the register what was entered since the last time, write it down, act upon it; return how many events came.

    Call it outside every transaction. Where it breaks off, the same events come again and change nothing. An entry that
    cannot be taken is set aside with the reason, and those behind it are read on.

    :raises NoPopulationRegister: if this gateway is connected to none.
    :raises PopulationRegisterUnavailable: if it gives no answer that can be used, or no mark to go on from.
    """
    register = get_population_register()
    source = f"population:{register.name}"
    row, _is_new = RegisterMark.objects.update_or_create(pk=source, defaults={"asked_at": now})
    page = register.events_after(mark=row.mark)
    for event in page.events:
        record_register_event(source=register.name, event=event, actor=actor, now=now)
    for number in page.unreadable:
        _set_aside(register.name, number, SetAsideReason.FORM, actor, now)
    if not rules.is_mark(page.mark):
        raise PopulationRegisterUnavailable
    # Only from where we read: whoever has read on meanwhile is not set back.
    RegisterMark.objects.filter(pk=source, mark=row.mark).update(mark=page.mark, answered_at=now)
    return len(page.events) + len(page.unreadable)


def record_register_event(*, source: str, event: RegisterEvent, actor: Actor, now: datetime) -> RegisterOutcome | None:
    """Write down what a register has told of somebody, and act upon it unless a later word of it is known.

    The same number of the same source is acted upon once; then what came of it is returned again. Returns None, and
    keeps nothing, where nobody is registered here under the number. A fact cannot be refused: what cannot be used
    (a name that is none) is written down as that, and what cannot be written down whole is set aside.
    """
    person_id = selectors.find_person(identity_number=event.identity_number)
    if person_id is None:
        return None
    reason = rules.why_set_aside(event, now=now)
    if reason is not None:
        _set_aside(source, event.number or f"{event.kind} {event.stated_at.isoformat()}", reason, actor, now)
        return RegisterOutcome.UNUSABLE
    with transaction.atomic():
        person = Person.objects.select_for_update(of=("self",)).get(pk=person_id)
        known = RegisterEntry.objects.filter(source=source, number=event.number).first()
        if known is not None:
            return RegisterOutcome(known.outcome)
        outcome = _act_upon(person, event, actor, now)
        entry = RegisterEntry.objects.create(
            source=source,
            number=event.number,
            person=person,
            kind=event.kind,
            happened_on=event.happened_on,
            stated_at=event.stated_at,
            received_at=now,
            outcome=outcome,
        )
        record(
            action="identity.register_event_recorded",
            subject_kind="person",
            subject_id=str(person_id),
            actor=actor,
            now=now,
            details={"entry_id": entry.pk, "source": source, "kind": event.kind, "outcome": outcome},
        )
    return outcome


@transaction.atomic
def _set_aside(source: str, number: str, reason: SetAsideReason, actor: Actor, now: datetime) -> None:
    """Write down once that an entry could not be taken, for an operator to ask about."""
    row, is_new = RegisterEntrySetAside.objects.get_or_create(
        source=source, number=rules.kept_number(number), defaults={"reason": reason, "received_at": now}
    )
    if is_new:
        record(
            action="identity.register_entry_set_aside",
            subject_kind="register_entry",
            subject_id=str(row.pk),
            actor=actor,
            now=now,
            details={"source": source, "reason": reason},
        )


def _act_upon(person: Person, event: RegisterEvent, actor: Actor, now: datetime) -> RegisterOutcome:
    later = RegisterEntry.objects.filter(
        person=person, kind__in=rules.same_matter(event.kind), stated_at__gt=event.stated_at
    ).exclude(outcome=RegisterOutcome.UNUSABLE)
    if later.exists():
        return RegisterOutcome.LATE
    hindrance = rules.begun_by(event.kind)
    if hindrance is not None:
        is_closed = close_account(person_id=PersonId(person.pk), reason=hindrance, actor=actor, now=now)
        return RegisterOutcome.DONE if is_closed else RegisterOutcome.NOTHING
    if event.kind is RegisterEventKind.NAME_CHANGED:
        return _rename(person, event, actor, now)
    return RegisterOutcome.DONE  # what hindered does so no more; a desk hands the account back


def _rename(person: Person, event: RegisterEvent, actor: Actor, now: datetime) -> RegisterOutcome:
    """Write down the new name. What the register said before the person was registered here, a desk has seen since."""
    if event.stated_at < person.created_at:
        return RegisterOutcome.LATE
    birth = BirthDate(year=person.birth_year, month=person.birth_month, day=person.birth_day)
    try:
        details = clean_details(event.given_names, event.family_name, birth, today=timezone.localdate(now))
    except InvalidValue:
        return RegisterOutcome.UNUSABLE
    changed = sorted(name for name, value in details.items() if getattr(person, name) != value)
    if not changed:
        return RegisterOutcome.NOTHING
    Person.objects.filter(pk=person.pk).update(**details)
    record(
        action="identity.person_renamed",
        subject_kind="person",
        subject_id=str(person.pk),
        actor=actor,
        now=now,
        details={"changed": changed},
    )
    note_in_history(
        person_id=PersonId(person.pk),
        session_id=None,
        kind=HistoryKind.RENAMED,
        visitor=NOWHERE,
        actor=actor,
        now=now,
    )
    return RegisterOutcome.DONE
