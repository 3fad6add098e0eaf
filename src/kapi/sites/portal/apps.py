"""The app."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The portal site's templates and texts."""

    name = "kapi.sites.portal"
    label = "site_portal"
