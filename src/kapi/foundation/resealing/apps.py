"""The app."""

from django.apps import AppConfig


class ResealingConfig(AppConfig):
    """The table of how far it is."""

    name = "kapi.foundation.resealing"
    label = "resealing"
