"""Questions about the demo's mailbox."""

from dataclasses import dataclass
from datetime import datetime

from kapi.foundation.mailbox.models import MailboxMessage


@dataclass(frozen=True)
class Message:
    """A message as it would have been sent. `channel` is a word such as `sms` or `email`."""

    id: int
    to: str
    channel: str
    subject: str
    body: str
    at: datetime


def latest_messages(*, to: str = "", limit: int = 100) -> list[Message]:
    """Return the latest messages, newest first; only those to the address `to` where one is given."""
    rows = MailboxMessage.objects.filter(to=to) if to else MailboxMessage.objects.all()
    return [Message(row.pk, row.to, row.channel, row.subject, row.body, row.at) for row in rows.order_by("-id")[:limit]]
