"""Where a request comes from."""

from django.http import HttpRequest

from kapi.foundation.settled import settings


def address_of(request: HttpRequest) -> str:
    """Return the address that reached the outermost proxy of ours; without proxies, the one that reached us.

    Each of the `KAPI_TRUSTED_PROXIES` adds the address that it saw at the end of `X-Forwarded-For`; what stands before
    those was written by the client and is never believed. Empty if there is no address (a Unix socket).
    """
    direct: str = request.META.get("REMOTE_ADDR", "")
    proxies = settings.TRUSTED_PROXIES
    if not proxies:
        return direct
    added = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    return added[-proxies] if len(added) >= proxies else direct
