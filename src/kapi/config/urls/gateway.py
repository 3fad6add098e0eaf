"""The sites at the origin of GATEWAY_URL, where it has a host name of its own."""

from django.conf import settings

from kapi.config.urls import table
from kapi.config.urls.errors import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = table.addresses_at(settings.GATEWAY_URL)
