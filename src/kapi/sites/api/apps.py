"""The app."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The api site's templates and texts."""

    name = "kapi.sites.api"
    label = "site_api"
