"""Putting messages into the demo's mailbox."""

from datetime import datetime, timedelta

from django.conf import settings

from kapi.foundation.mailbox.models import MailboxMessage

KEEP_MESSAGES = timedelta(days=30)


class NotInDemo(Exception):
    """The mailbox holds texts in the clear and is for made-up people only."""


def put(*, to: str, channel: str, subject: str, body: str, now: datetime) -> int:
    """Keep a message as it would have been sent, and return its id.

    :raises NotInDemo: outside demo mode.
    """
    if not settings.DEMO:
        raise NotInDemo("the mailbox exists in demo mode only (KAPI_DEMO)")
    return MailboxMessage.objects.create(to=to, channel=channel, subject=subject, body=body, at=now).pk


def prune(*, limit: int, now: datetime) -> int:
    """Delete up to `limit` messages older than `KEEP_MESSAGES` and return how many."""
    first = list(MailboxMessage.objects.order_by("pk").values_list("pk", flat=True)[:limit])
    return MailboxMessage.objects.filter(pk__in=first, at__lt=now - KEEP_MESSAGES).delete()[0]
