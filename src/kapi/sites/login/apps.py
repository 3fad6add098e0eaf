"""The app."""

from django.apps import AppConfig


class LoginConfig(AppConfig):
    """The login site's templates and texts."""

    name = "kapi.sites.login"
    label = "site_login"
