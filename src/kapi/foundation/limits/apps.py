"""The app."""

from django.apps import AppConfig


class LimitsConfig(AppConfig):
    """The counters' table, used where no Redis is configured."""

    name = "kapi.foundation.limits"
    label = "limits"
