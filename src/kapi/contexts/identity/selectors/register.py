"""Questions about what the population register has told."""

from datetime import datetime

from django.conf import settings
from django.db.models import Count, Max, Q, Window

from kapi.contexts.identity.models import RegisterEntry, RegisterEntrySetAside, RegisterMark
from kapi.contexts.identity.rules import register as rules
from kapi.contexts.identity.values import (
    Hindrance,
    PersonId,
    PopulationRegisterState,
    RegisterEventKind,
    RegisterOutcome,
    SetAsideEntry,
    SetAsideReason,
)

_SHOWN = 20


def hindrance_of(*, person_id: PersonId) -> Hindrance | None:
    """Return why nobody may sign in as this person, by what the register has told; None if nothing hinders. One query.

    What the former account of a desk said counts no more than any other's: the register's last word does.
    """
    rows = RegisterEntry.objects.filter(person_id=person_id).exclude(outcome=RegisterOutcome.UNUSABLE)
    return rules.hindrance_of(
        (RegisterEventKind(kind), at) for kind, at in rows.order_by("pk").values_list("kind", "stated_at")
    )


def population_register_state() -> PopulationRegisterState:
    """Return how the register has answered lately, from what was written down: it is not asked.

    Three queries, and one more where a name was none.
    """
    asked = RegisterMark.objects.filter(source__startswith="population:").aggregate(
        last_asked_at=Max("asked_at"), last_answer_at=Max("answered_at")
    )
    unusable = Q(outcome=RegisterOutcome.UNUSABLE)
    counted = RegisterEntry.objects.aggregate(entries=Count("pk"), unusable=Count("pk", filter=unusable))
    kept = RegisterEntrySetAside.objects.annotate(all=Window(Count("*"))).order_by("-received_at", "-pk")
    rows = list(kept.values_list("source", "number", "received_at", "reason", "all")[:_SHOWN])
    last = [_set_aside(*row[:4]) for row in rows]
    if counted["unusable"]:
        last += _last_with_names_that_are_none()
    return PopulationRegisterState(
        is_connected=bool(settings.POPULATION_REGISTER),
        entries=counted["entries"],
        unusable=counted["unusable"] + (rows[0][4] if rows else 0),
        set_aside=tuple(sorted(last, key=lambda entry: entry.received_at, reverse=True)[:_SHOWN]),
        **asked,
    )


def _last_with_names_that_are_none() -> list[SetAsideEntry]:
    rows = RegisterEntry.objects.filter(outcome=RegisterOutcome.UNUSABLE).order_by("-pk")
    columns = rows.values_list("source", "number", "received_at")
    return [_set_aside(*row, SetAsideReason.NAME) for row in columns[:_SHOWN]]


def _set_aside(source: str, number: str, at: datetime, reason: str) -> SetAsideEntry:
    return SetAsideEntry(source=source, number=number, received_at=at, reason=SetAsideReason(reason))
