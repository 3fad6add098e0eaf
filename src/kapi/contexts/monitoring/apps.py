"""The app."""

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    """The tables of `monitoring`."""

    name = "kapi.contexts.monitoring"
    label = "monitoring"
