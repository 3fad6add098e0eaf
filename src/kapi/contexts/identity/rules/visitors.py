"""Where a request comes from, and how little of that is kept."""

import ipaddress

from kapi.contexts.identity.values import Visitor

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


def describe_visitor(*, address: str, user_agent: str) -> Visitor:
    """Keep the network, the browser's name and the system's name; versions and the address itself are dropped."""
    return Visitor(
        network=network_of(address),
        browser=_first(_BROWSERS, user_agent),
        system=_first(_SYSTEMS, user_agent),
    )


def network_of(address: str) -> str:
    """Return the /24 (IPv4) or /48 (IPv6) the address is in, or nothing if it is no address."""
    return _network(address, 24, 48)


def origin_of(address: str) -> str:
    """Return what one household or device can choose from: the address (IPv4) or its /64 (IPv6)."""
    return _network(address, 32, 64)


def _network(address: str, v4_bits: int, v6_bits: int) -> str:
    try:
        # A zone ("%eth0") is the machine's own affair and not bounded in length.
        found = ipaddress.ip_address(address.strip().partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    bits = v4_bits if found.version == 4 else v6_bits
    return str(ipaddress.ip_network((found, bits), strict=False))


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for mark, name in names if mark in user_agent), "")
