"""How little is kept of where a request comes from."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapi.contexts.identity.rules.visitors import describe_visitor, network_of, origin_of


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


class TestDescribeVisitor:
    @pytest.mark.parametrize(
        ("user_agent", "browser", "system"),
        [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox", "Linux"),
            ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/149.0 Safari/537.36 Edg/149.0",
             "Edge", "Windows"),
            ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36",
             "Samsung Internet", "Android"),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile/15E148 Safari/604.1",
             "Safari", "iOS"),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/149.0 Safari/537.36",
             "Chrome", "macOS"),
            ("curl/8.0", "", ""),
            ("", "", ""),
        ],
    )  # fmt: skip
    def test_keeps_families_only(self, user_agent: str, browser: str, system: str) -> None:
        found = describe_visitor(address="192.0.2.77", user_agent=user_agent)
        assert (found.browser, found.system) == (browser, system)
