"""The app."""

from django.apps import AppConfig


class OpenidConfig(AppConfig):
    """The tables of `openid`."""

    name = "kapi.contexts.openid"
    label = "openid"
