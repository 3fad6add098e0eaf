"""Networks: who is taken for one where people and programs are counted by where they come from."""

import ipaddress


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
    if bits == found.max_prefixlen:
        return f"{found}/{bits}"
    return str(ipaddress.ip_network((found, bits), strict=False))
