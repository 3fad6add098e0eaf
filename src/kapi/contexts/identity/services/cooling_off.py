"""The day after a recovery, in which nothing is removed that was there before."""

from datetime import datetime

from kapi.contexts.identity.errors import StillCoolingOff
from kapi.contexts.identity.models import Account, Authenticator
from kapi.contexts.identity.rules import cooling_off
from kapi.contexts.identity.selectors.cooling_off import cooling_off_of
from kapi.contexts.identity.services.sessions import own_open_session
from kapi.contexts.identity.values import AuthenticatorId, PersonId, SessionId
from kapi.kernel.actors import Actor


def begin_cooling_off(*, person_id: PersonId, actor: Actor, now: datetime) -> None:
    """Begin it, or prolong one that runs, in the transaction of the recovery, which has locked the account."""
    period = cooling_off.after_recovery(cooling_off_of(person_id=person_id, now=now), now)
    Account.objects.filter(pk=person_id).update(cooling_off_since=period.since, cooling_off_until=period.until)


def check_cooling_off(
    *, session_id: SessionId, added_at: datetime, for_password: bool = False, actor: Actor, now: datetime
) -> None:
    """Only what was added since a recovery is removed before a day is over, but by who shows what they had before.

    `for_password`: it is the password that is to be changed; then a step by e-mail is such a thing, too.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    :raises StillCoolingOff: if it is too early; it names when it will be possible.
    """
    signed_in = own_open_session(session_id=session_id, actor=actor, now=now)
    rows = Authenticator.objects.filter(person_id=signed_in.person_id).values_list("pk", "added_at").order_by("pk")
    added = {AuthenticatorId(pk): moment for pk, moment in rows}
    until = cooling_off.removable_from(
        cooling_off_of(person_id=signed_in.person_id, now=now),
        added_at=added_at,
        proved_with=cooling_off.proofs_that_count(signed_in.proofs, added, for_password=for_password),
        now=now,
    )
    if until is not None:
        raise StillCoolingOff(until)
