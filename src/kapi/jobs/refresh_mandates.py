"""Ask the register anew about those who act for somebody, and end the mandates whose time is over."""

from datetime import datetime
from typing import Final

from kapi.contexts.identity.selectors import people_acting_for_others
from kapi.contexts.mandates.errors import NoRegister, RegisterUnavailable
from kapi.contexts.mandates.selectors import people_to_ask_about
from kapi.contexts.mandates.services import end_overdue_mandates, refresh_mandates
from kapi.kernel.actors import Actor, system

BATCH: Final = 100
MOST_ACTING: Final = 10_000
GIVE_UP_AFTER: Final = 3  # questions in a row without an answer: the register is down, the next run asks again


def run(*, now: datetime) -> int:
    """Ask about up to 100 people; return how many answers came, and how many mandates' time was over."""
    actor = system("job:refresh_mandates")
    return end_overdue_mandates(limit=BATCH, actor=actor, now=now) + _ask(actor, now)


def _ask(actor: Actor, now: datetime) -> int:
    acting = people_acting_for_others(limit=MOST_ACTING, now=now)
    answered = silent = 0
    for person_id in people_to_ask_about(acting=acting, limit=BATCH, now=now):
        try:
            refresh_mandates(person_id=person_id, actor=actor, now=now)
        except NoRegister:
            break
        except RegisterUnavailable:
            silent += 1
            if silent == GIVE_UP_AFTER:
                break
        else:
            answered, silent = answered + 1, 0
    return answered
