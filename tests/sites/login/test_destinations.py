"""Nobody who signs in here is led to a stranger's page."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from kapi.sites.login.destinations import own_destination

HERE = "http://localhost:8000/giris/"

OWN = [
    "/",
    "/hesabim/oturumlar/",
    "/en/hizmet/ogrenci-belgesi-sorgulama/?q=a%2Fb&x=1#top",
    "/ara?q=https://evil.example/",
    "/.//evil.example",
    "/%2F%2Fevil.example",
    "http://localhost:8000/sayfam/",
]

STRANGE = [
    "",
    "hesabim",
    "//evil.example",
    "///evil.example",
    "////evil.example/..",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " /hesabim/",
    "/hesabim/\r\nSet-Cookie: a=b",
    "/\x00",
    "/\x7f/evil.example",
    "https://evil.example/",
    "https:evil.example",
    "https:/evil.example",
    "http:///evil.example",
    "http://localhost:8000@evil.example/",
    "http://localhost:8000.evil.example/",
    "http://localhost:80000/",
    "http://LOCALHOST:8000/",
    "http://user@localhost:8000/",
    "https://localhost:8000/",
    "http://[::1",
    "javascript:alert(1)",
    "data:text/html,x",
    "?sonra=/",
    "#",
    "/" + "a" * 2000,
]


class TestOwnDestination:
    @pytest.mark.parametrize("wanted", OWN)
    def test_keeps_an_address_of_our_own(self, wanted: str) -> None:
        assert own_destination(wanted) == wanted

    @pytest.mark.parametrize("wanted", STRANGE)
    def test_refuses_every_other(self, wanted: str) -> None:
        assert own_destination(wanted) is None

    def test_knows_the_sites_that_have_host_names_of_their_own(self, settings: Settings) -> None:
        settings.BACKOFFICE_URL = "https://yonetim.kapi.example"
        assert own_destination("https://yonetim.kapi.example/yonetim/") == "https://yonetim.kapi.example/yonetim/"
        assert own_destination("https://kapi.example/") is None

    @given(st.text(alphabet="/\\:@.?#%\t\n ehtpslocav8012", max_size=40) | st.text(max_size=60))
    def test_never_leaves_our_hosts_whatever_is_written(self, wanted: str) -> None:
        destination = own_destination(wanted)
        if destination is not None:
            assert urlsplit(urljoin(HERE, destination)).netloc == "localhost:8000"
