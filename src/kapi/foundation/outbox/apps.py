"""The app."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """The outbox's tables."""

    name = "kapi.foundation.outbox"
    label = "outbox"
