"""The app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The audit trail's tables."""

    name = "kapi.foundation.audit"
    label = "audit"
