"""Coming of age, noticed day by day."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from kapi.contexts.identity.events import CameOfAge
from kapi.contexts.identity.models import Person, RegisterMark
from kapi.contexts.identity.rules import ages
from kapi.foundation.audit.services import record
from kapi.foundation.outbox.services import publish
from kapi.kernel.actors import Actor

_MARK = "ages:18"


def note_comings_of_age(*, limit: int, actor: Actor, now: datetime) -> int:
    """Announce up to `limit` people who have certainly turned 18 since the last time, and return how many.

    The first time it looks at today alone. What is not known of a birth date counts as the latest it can be. Days that
    no worker saw are made up for, each person once.
    """
    today = timezone.localdate(now)
    with transaction.atomic():
        start = f"{today.isoformat()} 0"
        RegisterMark.objects.get_or_create(pk=_MARK, defaults={"mark": start, "asked_at": now})
        row = RegisterMark.objects.select_for_update(of=("self",)).get(pk=_MARK)
        day, after = date.fromisoformat(row.mark.split()[0]), int(row.mark.split()[1])
        noted = 0
        while True:
            found = _reaching(day, after, limit - noted)
            for person_id in found:
                _announce(person_id, actor, now)
                after = person_id
            noted += len(found)
            if noted >= limit or day >= today:
                break
            day, after = day + timedelta(days=1), 0
        RegisterMark.objects.filter(pk=_MARK).update(mark=f"{day.isoformat()} {after}", asked_at=now, answered_at=now)
    return noted


def _reaching(day: date, after: int, limit: int) -> list[int]:
    born = Q(pk__in=[])
    for birth in ages.births_reaching(ages.OF_AGE, day):
        born |= Q(birth_year=birth.year, birth_month=birth.month, birth_day=birth.day)
    return list(Person.objects.filter(born, pk__gt=after).order_by("pk").values_list("pk", flat=True)[:limit])


def _announce(person_id: int, actor: Actor, now: datetime) -> None:
    record(
        action="identity.came_of_age",
        subject_kind="person",
        subject_id=str(person_id),
        actor=actor,
        now=now,
        details={"age": ages.OF_AGE},
    )
    publish(CameOfAge(person_id=person_id, age=ages.OF_AGE), now=now)
