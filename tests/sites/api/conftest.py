"""The portal's small catalogue."""

from tests.sites.portal.conftest import _catalogue, _many_services

__all__ = ["_catalogue", "_many_services"]
