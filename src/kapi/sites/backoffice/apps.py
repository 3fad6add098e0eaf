"""The app."""

from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    """The backoffice site's templates and texts."""

    name = "kapi.sites.backoffice"
    label = "site_backoffice"
