"""Where a request comes from, and how little of that is kept."""

from dataclasses import dataclass

from kapi.contexts.identity.values import Visitor
from kapi.kernel.networks import network_of, origin_of

_LONGEST_TOKEN = 200
# The first that is found names the browser: most of them also claim to be the ones below.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("YaBrowser", "Yandex"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True)
class Caller:
    """Where something is shown that says by itself whose it is: a passkey, a certificate.

    `origin` and `place` are for counting, `device_token` is empty on an unknown device.
    """

    origin: str
    place: str
    device_token: str
    visitor: Visitor


def describe_caller(*, address: str, device_token: str | None, user_agent: str) -> Caller:
    """Describe where a request comes from, as far as it is kept or counted."""
    return Caller(
        origin=origin_of(address),
        place=network_of(address),
        device_token=readable_device(device_token),
        visitor=describe_visitor(address=address, user_agent=user_agent),
    )


def describe_visitor(*, address: str, user_agent: str) -> Visitor:
    """Keep the network, the browser's name and the system's name; versions and the address itself are dropped."""
    return Visitor(
        network=network_of(address),
        browser=_first(_BROWSERS, user_agent),
        system=_first(_SYSTEMS, user_agent),
    )


def readable_device(token: str | None) -> str:
    """Return a device's cookie if it can be one of ours, else nothing."""
    if token is None or len(token) > _LONGEST_TOKEN or not token.isascii():
        return ""
    return token


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for mark, name in names if mark in user_agent), "")
