"""The app."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """The ui site's templates and texts."""

    name = "kapi.sites.ui"
    label = "site_ui"
