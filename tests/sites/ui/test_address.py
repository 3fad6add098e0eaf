"""Where a request comes from."""

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from kapi.sites.ui.address import address_of, warn_of_no_address


class TestAddressOf:
    @pytest.mark.parametrize(
        ("proxies", "forwarded", "address"),
        [
            (0, "", "192.0.2.1"),
            (0, "198.51.100.7", "192.0.2.1"),
            (1, "198.51.100.7", "198.51.100.7"),
            (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
            (2, "203.0.113.9, 198.51.100.7, 10.0.0.1", "198.51.100.7"),
            (2, "198.51.100.7", ""),
            (1, "", ""),
            (1, "203.0.113.9, ", ""),
        ],
    )
    def test_believes_our_own_proxies_only(
        self, proxies: int, forwarded: str, address: str, settings: Settings
    ) -> None:
        settings.TRUSTED_PROXIES = proxies
        headers = {"X-Forwarded-For": forwarded} if forwarded else {}
        request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", headers=headers)
        assert address_of(request) == address

    def test_says_once_that_a_proxy_adds_no_address(self, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
        settings.TRUSTED_PROXIES = 1
        warn_of_no_address.cache_clear()
        with caplog.at_level("WARNING", logger="kapi"):
            for _request in range(2):
                address_of(RequestFactory().get("/", REMOTE_ADDR="192.0.2.1"))
        assert sum("KAPI_TRUSTED_PROXIES" in line for line in caplog.messages) == 1
