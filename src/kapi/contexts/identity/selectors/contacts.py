"""Questions about where people can be reached, and about the codes that are sent there."""

from datetime import datetime

from django.db.models import Q

from kapi.contexts.identity.models import Authenticator, Contact, SentCode
from kapi.contexts.identity.rules import budgets, sent_codes
from kapi.contexts.identity.rules import contacts as contact_rules
from kapi.contexts.identity.values import (
    AuthenticatorId,
    ChallengeId,
    CodeToSend,
    CodeUse,
    ContactId,
    ContactKind,
    ContactView,
    PersonId,
    SentCodeView,
    SessionId,
    VerifiedContacts,
)
from kapi.foundation import keys
from kapi.foundation.limits.services import foresee
from kapi.kernel.contacts import ContactAddress, EmailAddress, MobileNumber

CONTACT = "contact"  # the purposes under which addresses and codes are sealed
SENT_CODE = "sent-code"


def contacts_of(*, person_id: PersonId) -> tuple[ContactView, ...]:
    """List where a person can be reached, the first verified first; opens the sealed addresses. Two queries."""
    steps = Authenticator.objects.filter(person_id=person_id, finder__isnull=False).values_list("finder", "pk")
    step_ids = {finder: AuthenticatorId(pk) for finder, pk in steps.order_by("pk")}
    rows = Contact.objects.filter(person_id=person_id, ended_at=None).order_by("verified_at", "pk")
    return tuple(
        ContactView(
            contact_id=ContactId(row.pk),
            kind=ContactKind(row.kind),
            masked=_address_of(row).masked,
            verified_at=row.verified_at,
            step_id=step_ids.get(contact_rules.finder_of(ContactId(row.pk))),
        )
        for row in rows
    )


def verified_contacts_of(*, person_id: PersonId) -> VerifiedContacts:
    """Return where a person can be reached, to be given with their agreement; opens the sealed addresses. One query."""
    rows = Contact.objects.filter(person_id=person_id, ended_at=None).order_by("verified_at", "pk")
    addresses = [_address_of(row) for row in rows]
    return VerifiedContacts(
        phone=next((address for address in addresses if isinstance(address, MobileNumber)), None),
        email=next((address for address in addresses if isinstance(address, EmailAddress)), None),
    )


def contacts_to_tell(*, person_id: PersonId, now: datetime) -> tuple[ContactAddress, ...]:
    """Return wherever a person is told what happens to their account: also at contacts removed a short while ago."""
    since = now - contact_rules.TELL_FORMER_FOR
    rows = Contact.objects.filter(Q(ended_at=None) | Q(ended_at__gt=since), person_id=person_id)
    return tuple(dict.fromkeys(_address_of(row) for row in rows.order_by("verified_at", "pk")))


def find_sent_code(*, session_id: SessionId, challenge_id: ChallengeId, now: datetime) -> SentCodeView | None:
    """Return a code that somebody who is signed in waits for, if it can still be entered."""
    row = SentCode.objects.filter(pk=challenge_id, session_id=session_id, closed_at=None, expires_at__gt=now).first()
    if row is None:
        return None
    return view_of_code(row, sent_codes.lane_of(row.person_id), now)


def find_code_to_send(*, challenge_id: ChallengeId, now: datetime) -> CodeToSend | None:
    """Return a code that waits to be sent, and where to; None once it was handed over, used, or is over."""
    rows = SentCode.objects.filter(pk=challenge_id, sent_at=None, closed_at=None, expires_at__gt=now)
    return next(
        (
            CodeToSend(
                kind=ContactKind(row.kind),
                use=CodeUse(row.use),
                address=_address_of(row),
                code=keys.open_sealed(row.code_sealed, purpose=SENT_CODE),
                expires_at=row.expires_at,
            )
            for row in rows
        ),
        None,
    )


def view_of_code(row: SentCode, lane: str, now: datetime) -> SentCodeView:
    """Say how far a code is; the address is shown whole to who has just typed it."""
    address, further = _address_of(row), foresee(key=lane, budgets=budgets.CODES, now=now)
    return SentCodeView(
        challenge_id=ChallengeId(row.pk),
        use=CodeUse(row.use),
        kind=ContactKind(row.kind),
        shown=address.shown if row.contact_id is None else address.masked,
        asked_at=row.asked_at,
        sent_at=row.sent_at,
        expires_at=row.expires_at,
        again_at=now + further.retry_after,
    )


def _address_of(row: Contact | SentCode) -> ContactAddress:
    text = keys.open_sealed(row.address_sealed, purpose=CONTACT)
    return contact_rules.read_address(ContactKind(row.kind), text)
