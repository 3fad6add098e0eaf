"""Where people can be reached: adding a contact, which is shown by a code sent there, and removing one."""

from datetime import datetime

from django.db import transaction

from kapi.contexts.identity import selectors
from kapi.contexts.identity.errors import (
    ChallengeOver,
    CodeRefused,
    ContactKnown,
    ContactNotFound,
    TooManyContacts,
)
from kapi.contexts.identity.events import ContactAdded, ContactRemoved
from kapi.contexts.identity.models import Account, Authenticator, Contact, SentCode, Session
from kapi.contexts.identity.rules import budgets, sent_codes
from kapi.contexts.identity.rules.contacts import MOST, finder_of, kind_of, read_address
from kapi.contexts.identity.services.authenticators import check_may_change, remove_authenticator
from kapi.contexts.identity.services.cooling_off import check_cooling_off
from kapi.contexts.identity.services.history import note_in_history
from kapi.contexts.identity.services.sent_codes import Waiting, ask_for_code, consume_code, hear_code
from kapi.contexts.identity.services.tries import count_try
from kapi.contexts.identity.values import (
    AuthenticatorId,
    ChallengeId,
    CodeUse,
    ContactId,
    ContactKind,
    HistoryKind,
    PersonId,
    SessionId,
)
from kapi.foundation import keys
from kapi.foundation.audit.services import record
from kapi.foundation.limits.services import refund
from kapi.foundation.outbox.services import publish
from kapi.kernel.actors import Actor
from kapi.kernel.contacts import ContactAddress
from kapi.kernel.networks import network_of


def begin_contact(
    *, session_id: SessionId, contact: ContactAddress, address: str, actor: Actor, now: datetime
) -> ChallengeId:
    """Send a code to where somebody says that they can be reached; nothing is theirs before they have entered it.

    Whether the contact is anybody else's is neither asked nor said. Call it outside a transaction.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    :raises ProveAgain: if they have proved themselves too long ago.
    :raises StrongerProofNeeded: if they have something stronger than what this session was proved with.
    :raises ContactKnown: if they have it already.
    :raises TooManyContacts: if they have as many of the kind as anybody may.
    :raises TooManyCodes: if too many codes were sent.
    """
    signed_in = check_may_change(session_id=session_id, actor=actor, now=now)
    _has_room(signed_in.person_id, contact)
    of_contacts: sent_codes.Share = (f"codes:contacts:{signed_in.person_id}", budgets.CONTACT_CODES)
    further = sent_codes.shares(sent_codes.lane_of(signed_in.person_id), contact, network_of(address))
    return ask_for_code(
        person_id=signed_in.person_id,
        use=CodeUse.ADD_CONTACT,
        contact=contact,
        contact_id=None,
        waiting=Waiting(session_id=session_id),
        shares=(of_contacts, *further),
        actor=actor,
        now=now,
    )


def confirm_contact(
    *, session_id: SessionId, challenge_id: ChallengeId, code: str, actor: Actor, now: datetime
) -> ContactId:
    """Make a contact theirs who has entered the code that was sent there; blanks in it do not matter.

    Everybody who can be reached is told, at the former contacts too. Call it outside a transaction: a wrong code has
    to leave its count.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    :raises ProveAgain: if they have proved themselves too long ago.
    :raises StrongerProofNeeded: if they have something stronger than what this session was proved with.
    :raises CodeRefused: if it is not the code that was sent.
    :raises ChallengeOver: if it was used, is too old, or was tried too often.
    :raises TooManyAttempts: if too many wrong codes came before.
    :raises ContactKnown: if they have it already.
    :raises TooManyContacts: if they have as many of the kind as anybody may.
    """
    signed_in = check_may_change(session_id=session_id, actor=actor, now=now)
    use = CodeUse.ADD_CONTACT
    row = hear_in_session(session_id=session_id, challenge_id=challenge_id, use=use, code=code, actor=actor, now=now)
    with transaction.atomic():
        # The account is locked so that parallel additions do not pass the limit together.
        Account.objects.select_for_update(of=("self",)).filter(pk=signed_in.person_id).first()
        consume_code(challenge_id=challenge_id, actor=actor, now=now)
        return _keep(row, signed_in.person_id, session_id, actor, now)


def hear_in_session(
    *, session_id: SessionId, challenge_id: ChallengeId, use: CodeUse, code: str, actor: Actor, now: datetime
) -> SentCode:
    """Return the row of a code that was asked for in this session for this use, and entered rightly; it still waits.

    :raises ChallengeOver: if it was used, is too old, was tried too often, or was asked for elsewhere.
    :raises CodeRefused: if it is not the code that was sent.
    :raises TooManyAttempts: if too many wrong codes came before.
    """
    row = SentCode.objects.filter(pk=challenge_id, session_id=session_id, use=use).first()
    if row is None:
        raise ChallengeOver
    key = f"sent-code:{session_id}"
    count_try(key=key, budgets=budgets.SENT_CODE_TRIES, actor=actor, now=now)
    if not hear_code(challenge_id=challenge_id, shown=sent_codes.read_code(code), actor=actor, now=now):
        raise CodeRefused
    refund(key=key, budgets=budgets.SENT_CODE_TRIES, now=now)
    return row


def remove_contact(*, session_id: SessionId, contact_id: ContactId, actor: Actor, now: datetime) -> None:
    """Take a contact away: nothing is sent there any more, but for what it is told of this and of the days after.

    Signing in by a code that is sent there is taken away with it.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    :raises ProveAgain: if they have proved themselves too long ago.
    :raises StrongerProofNeeded: if they have something stronger than what this session was proved with.
    :raises ContactNotFound: if there is none of this id, or it is somebody else's.
    :raises StillCoolingOff: if it was there before a recovery of the last day.
    """
    with transaction.atomic():
        signed_in = check_may_change(session_id=session_id, actor=actor, now=now)
        rows = Contact.objects.select_for_update(of=("self",))
        row = rows.filter(pk=contact_id, person_id=signed_in.person_id, ended_at=None).first()
        if row is None:
            raise ContactNotFound
        check_cooling_off(session_id=session_id, added_at=row.verified_at, actor=actor, now=now)
        steps = Authenticator.objects.filter(finder=finder_of(ContactId(row.pk)))
        for step_id in steps.values_list("pk", flat=True).order_by("pk"):
            step = AuthenticatorId(step_id)
            remove_authenticator(session_id=session_id, authenticator_id=step, actor=actor, now=now)
        Contact.objects.filter(pk=row.pk).update(ended_at=now)
        _write_down(row, HistoryKind.CONTACT_REMOVED, session_id, actor, now)
        publish(ContactRemoved(contact_id=row.pk, person_id=row.person_id, kind=row.kind), now=now)


def _has_room(person_id: PersonId, contact: ContactAddress) -> None:
    present = Contact.objects.filter(person_id=person_id, kind=kind_of(contact), ended_at=None)
    if present.filter(address_digest__in=keys.digests(contact.text, purpose=selectors.CONTACT)).exists():
        raise ContactKnown
    if present.count() >= MOST:
        raise TooManyContacts


def _keep(row: SentCode, person_id: PersonId, session_id: SessionId, actor: Actor, now: datetime) -> ContactId:
    text = keys.open_sealed(row.address_sealed, purpose=selectors.CONTACT)
    _has_room(person_id, read_address(ContactKind(row.kind), text))
    kept = Contact.objects.create(
        person_id=person_id,
        kind=row.kind,
        address_digest=keys.digest(text, purpose=selectors.CONTACT),
        address_sealed=keys.seal(text, purpose=selectors.CONTACT),
        verified_at=now,
    )
    _write_down(kept, HistoryKind.CONTACT_ADDED, session_id, actor, now)
    publish(ContactAdded(contact_id=kept.pk, person_id=kept.person_id, kind=kept.kind), now=now)
    return ContactId(kept.pk)


def _write_down(row: Contact, kind: HistoryKind, session_id: SessionId, actor: Actor, now: datetime) -> None:
    note_in_history(
        person_id=PersonId(row.person_id),
        session_id=session_id,
        kind=kind,
        visitor=selectors.visitor_of(Session.objects.get(pk=session_id)),
        means=(row.kind,),
        actor=actor,
        now=now,
    )
    record(
        action=f"identity.{kind}",
        subject_kind="contact",
        subject_id=str(row.pk),
        actor=actor,
        now=now,
        details={"person_id": row.person_id, "kind": row.kind},
    )
