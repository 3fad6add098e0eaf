"""The app."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """The tables of `identity`."""

    name = "kapi.contexts.identity"
    label = "identity"
