"""Every site on one host, by path."""

from kapi.config.urls import table
from kapi.config.urls.errors import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = table.addresses(*table.ORIGINS)
