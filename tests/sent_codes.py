"""Contacts, and codes that are sent there, as people get them."""

import re
from datetime import datetime
from typing import Any, Final

from kapi.contexts.identity import services
from kapi.contexts.identity.models import Authenticator, SentCode
from kapi.contexts.identity.selectors import SENT_CODE
from kapi.contexts.identity.values import AuthenticatorId, ChallengeId, ContactId, SignedIn, StartedSession
from kapi.foundation import keys
from kapi.foundation.mailbox.selectors import latest_messages
from kapi.kernel.actors import NOBODY
from kapi.kernel.contacts import ContactAddress, EmailAddress, MobileNumber
from kapi.reactions import code_messages

PHONE: Final = MobileNumber.parse("0531 123 45 67")
EMAIL: Final = EmailAddress.parse("deniz@example.org")


def code_of(challenge_id: int) -> str:
    """Return the code that waits."""
    return keys.open_sealed(SentCode.objects.get(pk=challenge_id).code_sealed, purpose=SENT_CODE)


def wrong_code(challenge_id: int) -> str:
    """Return a code that is not the one that waits."""
    return "000000" if code_of(challenge_id) != "000000" else "111111"


def hand_over(*, now: datetime) -> None:
    """Let every code that waits be sent, as the worker does."""
    for challenge_id in SentCode.objects.filter(sent_at=None).order_by("pk").values_list("pk", flat=True):
        code_messages.react({"challenge_id": challenge_id}, now=now)


def code_in_mailbox(to: ContactAddress) -> str:
    """Return the code of the latest message to a contact."""
    found = re.search(r"\b[0-9]{6}\b", latest_messages(to=to.text)[0].body)
    assert found
    return found[0]


def begin_contact(
    signed_in: SignedIn, contact: ContactAddress = PHONE, *, now: datetime, address: str = "192.0.2.10"
) -> ChallengeId:
    """Have a code sent to a contact that is to be added."""
    return services.begin_contact(
        session_id=signed_in.session_id, contact=contact, address=address, actor=signed_in.actor, now=now
    )


def confirm_contact(signed_in: SignedIn, challenge_id: ChallengeId, code: str, *, now: datetime) -> ContactId:
    """Enter a code."""
    return services.confirm_contact(
        session_id=signed_in.session_id, challenge_id=challenge_id, code=code, actor=signed_in.actor, now=now
    )


def add_contact(signed_in: SignedIn, contact: ContactAddress = PHONE, *, now: datetime) -> ContactId:
    """Add a contact."""
    challenge_id = begin_contact(signed_in, contact, now=now)
    return confirm_contact(signed_in, challenge_id, code_of(challenge_id), now=now)


def remove_contact(signed_in: SignedIn, contact_id: ContactId, *, now: datetime) -> None:
    """Remove one."""
    services.remove_contact(session_id=signed_in.session_id, contact_id=contact_id, actor=signed_in.actor, now=now)


def add_step(signed_in: SignedIn, contact_id: ContactId, *, now: datetime) -> AuthenticatorId:
    """Have signing in ask for codes that are sent to a contact."""
    shown: dict[str, Any] = {"session_id": signed_in.session_id, "actor": signed_in.actor, "now": now}
    challenge_id = services.begin_step_by_contact(**shown, contact_id=contact_id, address="192.0.2.10")
    services.add_step_by_contact(**shown, challenge_id=challenge_id, code=code_of(challenge_id))
    return AuthenticatorId(Authenticator.objects.latest("pk").pk)


def send_second_step_code(
    token: str,
    step_id: AuthenticatorId,
    *,
    now: datetime,
    address: str = "192.0.2.10",
    device_token: str | None = None,
) -> ChallengeId:
    """Have the code sent by which a begun sign-in is finished."""
    return services.send_second_step_code(
        token=token,
        authenticator_id=step_id,
        address=address,
        device_token=device_token,
        user_agent="",
        actor=NOBODY,
        now=now,
    )


def finish_with_sent_code(
    token: str,
    step_id: AuthenticatorId,
    code: str,
    *,
    now: datetime,
    address: str = "192.0.2.10",
    device_token: str | None = None,
) -> StartedSession:
    """Finish with it."""
    return services.finish_with_sent_code(
        token=token,
        authenticator_id=step_id,
        code=code,
        address=address,
        device_token=device_token,
        user_agent="",
        actor=NOBODY,
        now=now,
    )
