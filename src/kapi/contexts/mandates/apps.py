"""The app."""

from django.apps import AppConfig


class MandatesConfig(AppConfig):
    """The tables of `mandates`."""

    name = "kapi.contexts.mandates"
    label = "mandates"
