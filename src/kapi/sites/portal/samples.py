"""Addresses that lead nowhere on purpose: in a demo, pages say so beside the link."""

from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

# Names that the Internet keeps free for examples and tests (RFC 2606, RFC 6761).
_RESERVED: Final = ("example", "test", "invalid", "example.com", "example.net", "example.org")


def is_sample(address: str) -> bool:
    """Say whether an address of this demo is made up; outside demo mode none is."""
    host = (urlsplit(address).hostname or "").rstrip(".")
    return settings.DEMO and any(host == name or host.endswith(f".{name}") for name in _RESERVED)
