"""What search engines and browsers ask for."""

from xml.etree import ElementTree as ET

import pytest
from django.test import Client

from kapi.sites.portal import machines

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"


def _addresses(content: bytes) -> list[str]:
    return [str(place.text) for place in ET.fromstring(content).iter(f"{SITEMAP}loc")]


class TestRobots:
    def test_keep_out_of_what_is_not_for_reading(self, client: Client) -> None:
        text = client.get("/robots.txt").content.decode()
        assert "Disallow: /ara\n" in text
        assert "Disallow: /en/hizmet/*/git/\n" in text
        assert "Sitemap: http://localhost:8000/sitemap.xml\n" in text


@pytest.mark.usefixtures("_catalogue")
class TestSiteMap:
    def test_names_pages_that_are_there_in_both_languages(self, client: Client) -> None:
        pages = []
        for part in _addresses(client.get("/sitemap.xml").content):
            pages += _addresses(client.get(part.removeprefix("http://localhost:8000")).content)
        paths = [page.removeprefix("http://localhost:8000") for page in pages]
        assert {"/", "/en/", "/hizmet/ogrenci-belgesi/", "/en/hizmet/ogrenci-belgesi/"} <= set(paths)
        assert [path for path in paths if client.get(path).status_code != 200] == []

    def test_splits_where_there_are_many_services(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(machines, "MOST_IN_A_MAP", 2)
        assert len(_addresses(client.get("/sitemap.xml").content)) == 3
        assert len(_addresses(client.get("/sitemap-hizmetler-2.xml").content)) == 2
        assert client.get("/sitemap-hizmetler-3.xml").status_code == 404
        assert client.get("/sitemap-hizmetler-0.xml").status_code == 404


class TestIcon:
    def test_leads_to_the_mark(self, client: Client) -> None:
        answer = client.get("/favicon.ico")
        assert answer.status_code == 301
        assert answer.headers["Location"].endswith(".svg")
