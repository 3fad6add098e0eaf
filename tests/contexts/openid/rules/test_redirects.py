"""Which addresses a browser may be sent to."""

from dataclasses import replace

import pytest

from kapi.contexts.openid.rules.redirects import is_loopback, is_redirect_of
from kapi.contexts.openid.values.clients import Profile
from tests.contexts.openid.rules.test_claims import CLIENT

APP = replace(
    CLIENT,
    profile=Profile.NATIVE,
    redirect_uris=("https://app.example/geri", "http://127.0.0.1/geri", "http://[::1]:7000/geri?a=b"),
)


class TestIsRedirectOf:
    @pytest.mark.parametrize(
        ("uri", "holds"),
        [
            ("https://app.example/geri", True),
            ("https://app.example:8443/geri", False),
            ("https://app.example/geri/", False),
            ("http://127.0.0.1/geri", True),
            ("http://127.0.0.1:51004/geri", True),
            ("http://127.0.0.1:51004/geri?a=b", False),
            ("http://127.0.0.1:51004/baska", False),
            ("https://127.0.0.1:51004/geri", False),
            ("http://localhost:51004/geri", False),
            ("http://127.0.0.2/geri", False),
            ("http://127.0.0.1@evil.example/geri", False),
            ("http://evil.example@127.0.0.1/geri", False),
            ("http://127.0.0.1:51004#/geri", False),
            ("http://127.0.0.1:x/geri", False),
            ("http://[::1]:1234/geri?a=b", True),
            ("http://[::1]/geri?a=b", True),
            ("http://[::1]/geri", False),
            ("app.example:/geri", False),
            ("", False),
        ],
    )
    def test_leaves_an_app_the_choice_of_the_port_on_its_device_and_nothing_else(self, uri: str, holds: bool) -> None:
        assert is_redirect_of(uri, APP) is holds

    def test_leaves_nothing_to_any_other_client(self) -> None:
        other = replace(APP, profile=Profile.BASELINE)
        assert is_redirect_of("http://127.0.0.1/geri", other)
        assert not is_redirect_of("http://127.0.0.1:51004/geri", other)


class TestIsLoopback:
    @pytest.mark.parametrize("uri", ["http://[::1/geri", "http://[", "javascript:1", "http://127.0.0.1.evil.example/"])
    def test_is_no_for_what_is_something_else(self, uri: str) -> None:
        assert not is_loopback(uri)
