"""The app."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """The demo site's templates and texts."""

    name = "kapi.sites.demo"
    label = "site_demo"
