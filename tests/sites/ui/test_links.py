"""Addresses of pages."""

from django.test import override_settings
from django.utils import translation

from kapi.sites.ui.links import own_origins, page_url


class TestPageUrl:
    def test_follows_the_language_and_the_hosts_of_the_sites(self) -> None:
        with translation.override("tr"):
            assert page_url("portal", "search", query={"q": "su"}) == "/ara?q=su"
        with translation.override("en"):
            assert page_url("portal", "search") == "/en/ara"
            with override_settings(GATEWAY_URL="https://k.example", LOGIN_URL="https://giris.k.example"):
                assert page_url("portal", "search", query={"q": "su"}) == "https://k.example/en/ara?q=su"
                assert {"https://k.example", "https://giris.k.example"} <= set(own_origins())
            assert page_url("portal", "search") == "/en/ara"
