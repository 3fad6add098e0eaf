"""Questions about sign-ins that are held off while lists of stolen passwords are tried."""

from dataclasses import dataclass
from datetime import datetime

from kapi.contexts.identity.models import Authenticator, Contact, HeldOffSignIn
from kapi.contexts.identity.rules import budgets, cooling_off
from kapi.contexts.identity.rules.contacts import finder_of, read_address
from kapi.contexts.identity.selectors.contacts import CONTACT
from kapi.contexts.identity.selectors.cooling_off import cooling_off_of
from kapi.contexts.identity.selectors.pressure import has_second_step
from kapi.contexts.identity.selectors.sessions import LONGEST_TOKEN
from kapi.contexts.identity.values import AuthenticatorId, ContactId, ContactKind, HeldOffView, PersonId
from kapi.foundation import keys
from kapi.foundation.limits.services import foresee
from kapi.kernel.contacts import ContactAddress


@dataclass(frozen=True, kw_only=True)
class CodeContact:
    """A contact to which a code may go by which a held-off sign-in is finished.

    `step_id` is the second step that it is, None where the person has no second step at all.
    """

    contact_id: ContactId
    kind: ContactKind
    address: ContactAddress
    step_id: AuthenticatorId | None


def find_held_off(*, token: str, now: datetime) -> HeldOffView | None:
    """Return the held-off sign-in of this browser, if it may still go on by a code. The same for right and wrong."""
    if not token or not token.isascii() or len(token) > LONGEST_TOKEN:
        return None
    row = HeldOffSignIn.objects.filter(
        token_hash=keys.token_hash(token), expires_at__gt=now, tries__lt=budgets.HELD_OFF_MOST_TRIES
    ).first()
    if row is None:
        return None
    further = foresee(key=f"held-off:asks:{row.pk}", budgets=budgets.HELD_OFF_ASKS, now=now)
    return HeldOffView(
        expires_at=row.expires_at,
        code_to=ContactKind(row.code_to) if row.code_to else None,
        asked_at=row.asked_at,
        again_at=now + further.retry_after,
    )


def code_contacts_of(*, person_id: PersonId, now: datetime) -> tuple[CodeContact, ...]:
    """Return to which contacts a code may go that finishes a held-off sign-in, the first verified first.

    Of who has a second step those that are one: a code to another contact would be a way round it. Of who has none all
    that have been theirs for a day, and since before a recovery that is not over: none is a way round cooling off.
    """
    rows = list(Contact.objects.filter(person_id=person_id, ended_at=None).order_by("verified_at", "pk"))
    if has_second_step(account_id=person_id):
        steps = Authenticator.objects.filter(
            person_id=person_id, finder__in=[finder_of(ContactId(row.pk)) for row in rows]
        )
        step_of = {str(finder): AuthenticatorId(pk) for finder, pk in steps.values_list("finder", "pk")}
        return tuple(
            _code_contact(row, step_of[finder]) for row in rows if (finder := finder_of(ContactId(row.pk))) in step_of
        )
    running = cooling_off_of(person_id=person_id, now=now)
    return tuple(
        _code_contact(row, None) for row in rows if cooling_off.is_settled(running, added_at=row.verified_at, now=now)
    )


def _code_contact(row: Contact, step_id: AuthenticatorId | None) -> CodeContact:
    kind = ContactKind(row.kind)
    address = read_address(kind, keys.open_sealed(row.address_sealed, purpose=CONTACT))
    return CodeContact(contact_id=ContactId(row.pk), kind=kind, address=address, step_id=step_id)
