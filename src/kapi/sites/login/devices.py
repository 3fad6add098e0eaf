"""How a device and its network are called on pages: by family, never by place."""

from django.utils.translation import gettext as _

from kapi.contexts.identity.values import Visitor


def device_name(visitor: Visitor) -> str:
    """Name a device as its owner would: "Firefox, Windows"."""
    return ", ".join(part for part in (visitor.browser, visitor.system) if part) or _("Unknown device")


def network_hint(visitor: Visitor) -> str:
    """Show as much of the network as helps to recognise one's own: "85.96.12.*"; empty where it is not known."""
    address, _slash, _bits = visitor.network.partition("/")
    if "." in address:
        return address.rpartition(".")[0] + ".*"
    return address.rstrip(":") + ":*" if address else ""
