"""Having signing in ask for a code that is sent to a contact: switching it on, and asking again for any code.

It is switched off by removing it like any other authenticator.
"""

from datetime import datetime

from django.db import IntegrityError, transaction

from kapi.contexts.identity import selectors
from kapi.contexts.identity.errors import ChallengeOver, ContactNotFound, StepKnown
from kapi.contexts.identity.models import Authenticator, Contact, SentCode
from kapi.contexts.identity.rules import sent_codes
from kapi.contexts.identity.rules.assurance import METHOD_OF
from kapi.contexts.identity.rules.contacts import STEP_OF, finder_of, read_address
from kapi.contexts.identity.services.authenticators import check_may_change, keep_authenticator
from kapi.contexts.identity.services.contacts import begin_contact, hear_in_session
from kapi.contexts.identity.services.evidence import strengthen_session
from kapi.contexts.identity.services.sent_codes import Waiting, ask_for_code, consume_code
from kapi.contexts.identity.values import ChallengeId, CodeUse, ContactId, ContactKind, Proof, RenewedSession, SessionId
from kapi.foundation import keys
from kapi.kernel.actors import Actor
from kapi.kernel.contacts import ContactAddress
from kapi.kernel.networks import network_of


def begin_step_by_contact(
    *, session_id: SessionId, contact_id: ContactId, address: str, actor: Actor, now: datetime
) -> ChallengeId:
    """Send a code to a contact that is to be the second step: so nobody shuts themselves out by an old number.

    Call it outside a transaction.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    :raises ProveAgain: if they have proved themselves too long ago.
    :raises StrongerProofNeeded: if they have something stronger than what this session was proved with.
    :raises ContactNotFound: if there is no contact of this id, or it is somebody else's.
    :raises StepKnown: if signing in asks for it already.
    :raises TooManyCodes: if too many codes were sent.
    """
    signed_in = check_may_change(session_id=session_id, actor=actor, now=now)
    row = Contact.objects.filter(pk=contact_id, person_id=signed_in.person_id, ended_at=None).first()
    if row is None:
        raise ContactNotFound
    if Authenticator.objects.filter(finder=finder_of(contact_id)).exists():
        raise StepKnown
    contact = _address_of(row)
    return ask_for_code(
        person_id=signed_in.person_id,
        use=CodeUse.ADD_STEP,
        contact=contact,
        contact_id=contact_id,
        waiting=Waiting(session_id=session_id),
        shares=sent_codes.shares(sent_codes.lane_of(signed_in.person_id), contact, network_of(address)),
        actor=actor,
        now=now,
    )


def add_step_by_contact(
    *, session_id: SessionId, challenge_id: ChallengeId, code: str, actor: Actor, now: datetime
) -> RenewedSession:
    """Have signing in ask for codes sent to the contact that this code was sent to. The session counts it at once.

    Call it outside a transaction: a wrong code has to leave its count.

    :raises SessionOver: if the session is not under way, or is not the actor's.
    :raises ProveAgain: if they have proved themselves too long ago.
    :raises StrongerProofNeeded: if they have something stronger than what this session was proved with.
    :raises CodeRefused: if it is not the code that was sent.
    :raises ChallengeOver: if it was used, is too old, or was tried too often, or the contact is theirs no longer.
    :raises TooManyAttempts: if too many wrong codes came before.
    :raises StepKnown: if signing in asks for it already.
    :raises TooManyAuthenticators: if they have as many as anybody may.
    """
    check_may_change(session_id=session_id, actor=actor, now=now)
    use = CodeUse.ADD_STEP
    row = hear_in_session(session_id=session_id, challenge_id=challenge_id, use=use, code=code, actor=actor, now=now)
    try:
        with transaction.atomic():
            consume_code(challenge_id=challenge_id, actor=actor, now=now)
            return _add(row, session_id, actor, now)
    except IntegrityError:
        raise StepKnown from None


def ask_again(
    *, session_id: SessionId, challenge_id: ChallengeId, address: str, actor: Actor, now: datetime
) -> ChallengeId:
    """Send another code in the place of one that has not come to who is signed in; the former one is destroyed.

    :raises ChallengeOver: if no code was asked for in this session under the id.
    :raises SessionOver: if the session is not under way, or is not the actor's.
    :raises ProveAgain: if they have proved themselves too long ago.
    :raises StrongerProofNeeded: if they have something stronger than what this session was proved with.
    :raises ContactKnown: if they have the contact already.
    :raises ContactNotFound: if they have it no longer.
    :raises StepKnown: if signing in asks for it already.
    :raises TooManyContacts: if they have as many of the kind as anybody may.
    :raises TooManyCodes: if too many codes were sent.
    """
    row = SentCode.objects.filter(pk=challenge_id, session_id=session_id).first()
    if row is None:
        raise ChallengeOver
    if row.contact_id is not None:
        contact_id = ContactId(row.contact_id)
        return begin_step_by_contact(
            session_id=session_id, contact_id=contact_id, address=address, actor=actor, now=now
        )
    return begin_contact(session_id=session_id, contact=_address_of(row), address=address, actor=actor, now=now)


def _add(row: SentCode, session_id: SessionId, actor: Actor, now: datetime) -> RenewedSession:
    contact = Contact.objects.select_for_update(of=("self",)).filter(pk=row.contact_id or 0, ended_at=None).first()
    if contact is None:
        raise ChallengeOver
    kind = STEP_OF[ContactKind(contact.kind)]
    step_id = keep_authenticator(
        session_id=session_id,
        kind=kind,
        name=_address_of(contact).masked,
        secret=str(contact.pk),
        finder=finder_of(ContactId(contact.pk)),
        actor=actor,
        now=now,
    )
    proof = Proof(method=METHOD_OF[kind], at=now, authenticator_id=step_id)
    return strengthen_session(session_id=session_id, proof=proof, actor=actor, now=now)


def _address_of(row: Contact | SentCode) -> ContactAddress:
    return read_address(ContactKind(row.kind), keys.open_sealed(row.address_sealed, purpose=selectors.CONTACT))
