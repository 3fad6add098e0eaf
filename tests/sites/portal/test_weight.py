"""A service's page reaches a cheap phone on a slow line."""

import gzip
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from tests.sites.portal.reading import soup

MOST_BYTES = 60_000
PACKED_ALREADY = {".woff2"}


def on_the_wire(address: str) -> int:
    """How many bytes a static file takes, packed with gzip where it is not packed already."""
    found = finders.find(address.removeprefix(settings.STATIC_URL))
    assert found, f"{address}: run `kapi assets` first"
    content = Path(str(found)).read_bytes()
    return len(content) if Path(address).suffix in PACKED_ALREADY else len(gzip.compress(content))


@pytest.mark.usefixtures("_catalogue")
def test_the_first_view_of_a_service_page_takes_at_most_60_kilobytes(client: Client) -> None:
    answer = client.get("/hizmet/ogrenci-belgesi/", headers={"accept-encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    page = soup(client.get("/hizmet/ogrenci-belgesi/"))
    needed = [str(tag["href"]) for tag in page.find_all("link", rel=["stylesheet", "preload", "icon", "manifest"])]
    needed += [str(tag["src"]) for tag in page.find_all(["script", "img"], src=True)]
    assert any(address.endswith(".css") for address in needed)
    assert any(address.endswith(".woff2") for address in needed)
    manifest = client.get("/uygulama.webmanifest", headers={"accept-encoding": "gzip"})
    weights = {address: on_the_wire(address) for address in needed if address.startswith(settings.STATIC_URL)}
    weights["/uygulama.webmanifest"] = len(manifest.content)
    assert len(weights) == len(needed), set(needed) - set(weights)  # nothing comes from anywhere else
    assert len(answer.content) + sum(weights.values()) <= MOST_BYTES, weights
