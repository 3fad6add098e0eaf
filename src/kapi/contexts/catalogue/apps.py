"""The app."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """The tables of `catalogue`."""

    name = "kapi.contexts.catalogue"
    label = "catalogue"
