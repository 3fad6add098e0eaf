"""The app."""

from django.apps import AppConfig


class MailboxConfig(AppConfig):
    """The mailbox's table."""

    name = "kapi.foundation.mailbox"
    label = "mailbox"
