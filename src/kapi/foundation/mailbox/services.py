"""Putting messages into the demo's mailbox."""

from datetime import datetime

from django.conf import settings

from kapi.foundation.mailbox.models import MailboxMessage


class NotInDemo(Exception):
    """The mailbox holds texts in the clear and is for made-up people only."""


def put(*, to: str, channel: str, subject: str, body: str, now: datetime) -> int:
    """Keep a message as it would have been sent, and return its id.

    :raises NotInDemo: outside demo mode.
    """
    if not settings.DEMO:
        raise NotInDemo("the mailbox exists in demo mode only (KAPI_DEMO)")
    return MailboxMessage.objects.create(to=to, channel=channel, subject=subject, body=body, at=now).pk
