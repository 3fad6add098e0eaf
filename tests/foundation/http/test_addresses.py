"""Only public hosts are called."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapi.foundation.http.addresses import Target, checked_addresses, is_public, read_target
from kapi.foundation.http.errors import AddressRefused, CallFailed


class TestIsPublic:
    @pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
    def test_lets_the_open_internet_through(self, address: str) -> None:
        assert is_public(address)

    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "192.0.0.8",
            "192.88.99.1",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fe80::1%eth0",
            "fc00::1",
            "fec0::1",
            "ff0e::1",
            "2001:db8::1",
        ],
    )
    def test_refuses_what_is_not_public(self, address: str) -> None:
        assert not is_public(address)

    @pytest.mark.parametrize(
        "address",
        [
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::808:808",
            "2002:7f00:1::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        ],
    )
    def test_sees_a_private_address_inside_an_ipv6_one(self, address: str) -> None:
        assert not is_public(address)


class TestReadTarget:
    def test_takes_a_url_apart(self) -> None:
        target = read_target("https://ornek.example:8443/a/b?c=d", allow_http=False)
        assert target == Target("https", "ornek.example", 8443, "/a/b?c=d")
        assert target.authority == "ornek.example:8443"

    def test_leaves_the_usual_port_out_of_the_host_header(self) -> None:
        assert read_target("https://ornek.example", allow_http=False).authority == "ornek.example"
        assert read_target("https://[2606:4700::1]/", allow_http=False).authority == "[2606:4700::1]"

    @pytest.mark.parametrize(
        ("url", "reason"),
        [
            ("http://ornek.example/", "scheme"),
            ("ftp://ornek.example/", "scheme"),
            ("file:///etc/passwd", "scheme"),
            ("//ornek.example/", "scheme"),
            ("https://user:pass@ornek.example/", "user"),
            ("https://@ornek.example/", "user"),
            ("https://ornek.example/#a", "fragment"),
            ("https:///a", "host"),
            ("https://ornek.example:99999/", "port"),
            ("https://ornek.example:x/", "port"),
            ("https://ornek.example/\r\nX: y", "characters"),
            ("https://ornek.example/a b", "characters"),
            ("https://örnek.example/", "characters"),
            ("https://ornek.example\\@evil.example/", "characters"),
            ("https://ornek.example/" + "a" * 2048, "length"),
        ],
    )
    def test_refuses_anything_else(self, url: str, reason: str) -> None:
        with pytest.raises(AddressRefused, match=f"^{reason}$"):
            read_target(url, allow_http=False)

    @given(st.text())
    def test_gives_a_target_or_a_refusal_for_any_text(self, text: str) -> None:
        with contextlib.suppress(AddressRefused):
            assert read_target(text, allow_http=True).host


class TestCheckedAddresses:
    def test_refuses_a_name_that_leads_home(self) -> None:
        with pytest.raises(AddressRefused, match="private"):
            checked_addresses(Target("https", "localhost", 443, "/"), allow_private=False, timeout_s=5)

    @pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "017700000001", "127.1"])
    def test_refuses_loopback_written_oddly(self, host: str) -> None:
        with pytest.raises(AddressRefused, match="private"):
            checked_addresses(Target("https", host, 443, "/"), allow_private=False, timeout_s=5)

    def test_says_that_a_name_is_not_known(self) -> None:
        with pytest.raises(CallFailed, match="name"):
            checked_addresses(Target("https", "x" * 70, 443, "/"), allow_private=False, timeout_s=5)
