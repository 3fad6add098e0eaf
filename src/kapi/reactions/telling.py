"""Telling a person what happened to their account, at every contact of theirs and at those removed lately.

Until messages have a context of their own, what is told lands in the demo's mailbox; outside of the demo the account's
history is what tells. Telephones get the short words, e-mail all of them and where to go if it was not oneself. In both
languages, for we do not know theirs.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings

from kapi.contexts.identity.selectors import contacts_to_tell
from kapi.contexts.identity.values import PersonId
from kapi.foundation.mailbox.services import put
from kapi.kernel.contacts import MobileNumber

# Where a person reads it who has no contact at all: the demo's own shelf for them.
_SHELF: Final = "person-{}"
# The page works signed out, and the address is the same for everybody.
_IF_NOT_YOU: Final = "{body}\n\nBunu siz yapmadıysanız / If it was not you: {login}/bu-ben-degildim/"


@dataclass(frozen=True)
class Notice:
    """What is told, each in Turkish and English: a subject, which is all that a telephone shows, and the whole."""

    subject: str
    body: str


def tell(person_id: int, notice: Notice, *, now: datetime) -> None:
    """Put a notice wherever the person reads it; in the caller's transaction, so that it is told once."""
    if not settings.DEMO:
        return
    body = _IF_NOT_YOU.format(body=notice.body, login=settings.LOGIN_URL)
    tell_at_work(person_id, Notice(notice.subject, body), now=now)
    for contact in contacts_to_tell(person_id=PersonId(person_id), now=now):
        if isinstance(contact, MobileNumber):
            put(to=contact.text, channel="sms", subject="", body=f"{settings.BRAND_NAME}: {notice.subject}", now=now)
        else:
            put(to=contact.text, channel="email", subject=notice.subject, body=body, now=now)


def tell_at_work(person_id: int, notice: Notice, *, now: datetime) -> None:
    """Put a notice where a person reads it who is at work here; none of their own contacts is for that."""
    if settings.DEMO:
        put(to=_SHELF.format(person_id), channel="notice", subject=notice.subject, body=notice.body, now=now)
