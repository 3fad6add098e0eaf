"""Addresses to send a browser to."""

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from kapi.contexts.openid.values.clients import ClientRecord, Profile

# RFC 8252, 7.3 and 8.3: the addresses themselves, not `localhost`, which a resolver may send elsewhere.
_LOOPBACK = ("127.0.0.1", "::1")


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


def is_redirect_of(uri: str, client: ClientRecord) -> bool:
    """Tell whether it is a registered one, letter by letter (RFC 9700, 2.1).

    An app on a device takes whatever port is free on that device (RFC 8252, 7.3); all else is the same for it, too.
    """
    if uri in client.redirect_uris:
        return True
    if client.profile is not Profile.NATIVE or not is_loopback(uri):
        return False
    return any(_without_port(uri) == _without_port(known) for known in client.redirect_uris if is_loopback(known))


def is_loopback(uri: str) -> bool:
    """Tell whether an address leads to the very device that the browser runs on, by http."""
    try:
        parts = urlsplit(uri)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    return parts.scheme == "http" and host in _LOOPBACK and parts.username is None


def _without_port(uri: str) -> str:
    """Return an address with the port taken out, and everything else as it is written."""
    parts = urlsplit(uri)
    bare = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return uri.replace(parts.netloc, str(bare), 1)
