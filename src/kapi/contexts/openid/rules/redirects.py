"""Addresses to send a browser to."""

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit


def with_parameters(uri: str, parameters: Mapping[str, str]) -> str:
    """Return `uri` with parameters added to whatever query it has (RFC 6749, 3.1.2: it is kept)."""
    if not parameters:
        return uri
    joint = "" if uri.endswith(("?", "&")) else "&" if "?" in uri else "?"
    return uri + joint + urlencode(parameters)


def origin_of(uri: str) -> str:
    """Return scheme, host and port of an address."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"
