"""How wide a network is taken for one."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapi.kernel.networks import network_of, origin_of


class TestNetworkOf:
    @pytest.mark.parametrize(
        ("address", "network", "origin"),
        [
            ("192.0.2.77", "192.0.2.0/24", "192.0.2.77/32"),
            ("::ffff:192.0.2.77", "192.0.2.0/24", "192.0.2.77/32"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48", "2001:db8:1:2::/64"),
            ("fe80::1%eth0", "fe80::/48", "fe80::/64"),
            ("somewhere", "", ""),
            ("", "", ""),
        ],
    )
    def test_is_as_wide_as_one_subscriber_line_is_narrow(self, address: str, network: str, origin: str) -> None:
        assert (network_of(address), origin_of(address)) == (network, origin)

    @given(st.ip_addresses())
    def test_fits_its_column_and_never_holds_the_whole_address(
        self, address: ipaddress.IPv4Address | ipaddress.IPv6Address
    ) -> None:
        network = network_of(str(address))
        assert len(network) <= 43
        assert ipaddress.ip_network(network).num_addresses >= 256

    @given(st.text(max_size=60))
    def test_bears_every_text(self, text: str) -> None:
        assert len(network_of(text)) <= 43
