"""The app."""

from django.apps import AppConfig


class InstitutionsConfig(AppConfig):
    """The tables of `institutions`."""

    name = "kapi.contexts.institutions"
    label = "institutions"
