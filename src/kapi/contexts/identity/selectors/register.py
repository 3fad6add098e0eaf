"""Questions about what the population register has told."""

from django.conf import settings
from django.db.models import Count, Max, Q

from kapi.contexts.identity.models import RegisterEntry, RegisterMark
from kapi.contexts.identity.rules import register as rules
from kapi.contexts.identity.values import (
    Hindrance,
    PersonId,
    PopulationRegisterState,
    RegisterEventKind,
    RegisterOutcome,
)


def hindrance_of(*, person_id: PersonId) -> Hindrance | None:
    """Return why nobody may sign in as this person, by what the register has told; None if nothing hinders. One query.

    What the former account of a desk said counts no more than any other's: the register's last word does.
    """
    rows = RegisterEntry.objects.filter(person_id=person_id).exclude(outcome=RegisterOutcome.UNUSABLE)
    return rules.hindrance_of(
        (RegisterEventKind(kind), at) for kind, at in rows.order_by("pk").values_list("kind", "stated_at")
    )


def population_register_state() -> PopulationRegisterState:
    """Return how the register has answered lately, from what was written down: it is not asked. Two queries."""
    found = RegisterMark.objects.filter(source__startswith="population:").aggregate(
        asked=Max("asked_at"), answered=Max("answered_at")
    )
    unusable = Q(outcome=RegisterOutcome.UNUSABLE)
    counted = RegisterEntry.objects.aggregate(entries=Count("pk"), unusable=Count("pk", filter=unusable))
    return PopulationRegisterState(
        is_connected=bool(settings.POPULATION_REGISTER),
        last_asked_at=found["asked"],
        last_answer_at=found["answered"],
        **counted,
    )
