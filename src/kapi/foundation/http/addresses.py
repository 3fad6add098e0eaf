"""Which addresses the gateway may call: public ones, whatever clothes a private one wears."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from kapi.foundation.http.errors import AddressRefused
from kapi.foundation.http.names import look_up

MOST_URL_CHARACTERS = 2048
_PORTS = {"https": 443, "http": 80}
# Networks that carry an IPv4 address inside, and where: the embedded address decides.
_EMBEDDING = (
    (IPv6Network("::ffff:0:0/96"), 0),  # IPv4-mapped, RFC 4291
    (IPv6Network("::/96"), 0),  # IPv4-compatible, RFC 4291
    (IPv6Network("::ffff:0:0:0/96"), 0),  # IPv4-translated, RFC 2765
    (IPv6Network("64:ff9b::/96"), 0),  # NAT64, RFC 6052
    (IPv6Network("2002::/16"), 80),  # 6to4, RFC 3056
)
# Tunnels and translators of somebody's own: nobody can tell where they end.
_OPAQUE = (IPv6Network("64:ff9b:1::/48"), IPv6Network("2001::/32"), IPv6Network("fec0::/10"))
# Special blocks that older Pythons take for global.
_SPECIAL = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))


@dataclass(frozen=True)
class Target:
    """A URL taken apart. `path` holds path and query as they are sent."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def read_target(url: str, *, allow_http: bool) -> Target:
    """Take `url` apart.

    :raises AddressRefused: reason `length`, `characters`, `scheme`, `user`, `fragment`, `host` or `port`.
    """
    if len(url) > MOST_URL_CHARACTERS:
        raise AddressRefused("length")
    # urlsplit quietly drops tabs and line ends; what we check must be what we call.
    if not url.isascii() or any(character <= " " or character in '\\"<>^`{|}\x7f' for character in url):
        raise AddressRefused("characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused("port") from None
    if parts.scheme not in ("https", *(["http"] if allow_http else [])):
        raise AddressRefused("scheme")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("user")
    if "#" in url:
        raise AddressRefused("fragment")
    if not parts.hostname:
        raise AddressRefused("host")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], path)


def checked_addresses(target: Target, *, allow_private: bool, timeout_s: float) -> list[str]:
    """Ask the DNS once and return the addresses to connect to, all of them checked.

    One private address among the answers refuses them all: an honest name has none.

    :raises AddressRefused: reason `private`.
    :raises CallFailed: reason `name` if the name is not known, `timeout` if nobody said in time.
    """
    addresses = look_up(target.host, target.port, timeout_s)
    if not allow_private and not all(is_public(address) for address in addresses):
        raise AddressRefused("private")
    return addresses


def is_public(address: str) -> bool:
    """Tell whether `address` (as `getaddrinfo` writes it) is one of the open Internet's own hosts."""
    if "%" in address:  # a zone: link-local by definition
        return False
    return _is_public(ip_address(address))


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        if any(address in network for network in _OPAQUE):
            return False
        for network, shift in _EMBEDDING:
            if address in network:
                return _is_public(IPv4Address(int(address) >> shift & 0xFFFFFFFF))
    elif any(address in network for network in _SPECIAL):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
