"""How devices and networks are called."""

import pytest
from django.utils import translation

from kapi.contexts.identity.values import Visitor
from kapi.sites.login.devices import device_name, network_hint


def seen(network: str = "", browser: str = "", system: str = "") -> Visitor:
    """A visitor."""
    return Visitor(network=network, browser=browser, system=system)


class TestDeviceName:
    @pytest.mark.parametrize(
        ("visitor", "name"),
        [
            (seen(browser="Firefox", system="Windows"), "Firefox, Windows"),
            (seen(system="Android"), "Android"),
            (seen(), "Bilinmeyen cihaz"),
        ],
    )
    def test_names_families(self, visitor: Visitor, name: str) -> None:
        with translation.override("tr"):
            assert device_name(visitor) == name


class TestNetworkHint:
    @pytest.mark.parametrize(
        ("network", "hint"),
        [("85.96.12.0/24", "85.96.12.*"), ("2001:db8:1234::/48", "2001:db8:1234:*"), ("::/48", ":*"), ("", "")],
    )
    def test_shows_the_network_and_no_more(self, network: str, hint: str) -> None:
        assert network_hint(seen(network=network)) == hint
