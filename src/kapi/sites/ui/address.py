"""Where a request comes from."""

import logging
from functools import cache

from django.http import HttpRequest

from kapi.foundation.settled import settings

_log = logging.getLogger(__name__)


def address_of(request: HttpRequest) -> str:
    """Return the address that reached the outermost proxy of ours; without proxies, the one that reached us.

    Each of the `KAPI_TRUSTED_PROXIES` adds the address that it saw at the end of `X-Forwarded-For`; what stands before
    those was written by the client and is never believed. Empty if there is no address: a Unix socket, or a proxy that
    adds none, for its own would make everybody come from one place.
    """
    direct: str = request.META.get("REMOTE_ADDR", "")
    proxies = settings.TRUSTED_PROXIES
    if not proxies:
        return direct
    forwarded: str = request.META.get("HTTP_X_FORWARDED_FOR", "")
    added = [part.strip() for part in forwarded.split(",")]
    if len(added) >= proxies and added[-proxies]:
        return added[-proxies]
    warn_of_no_address()
    return ""


@cache
def warn_of_no_address() -> None:
    """Say once in each process that a proxy does not do its part."""
    _log.warning(
        "a request came without the X-Forwarded-For of as many proxies as KAPI_TRUSTED_PROXIES says: all people whose "
        "address is not handed on share their limits, and no network is known to anybody's account"
    )
