"""GET /api/v1/search."""

import pytest
from django.test import Client

PATH = "/api/v1/search"


@pytest.mark.usefixtures("_catalogue")
class TestSearch:
    @pytest.mark.parametrize("query", ["ogrnci belge", "ÖĞRENCİ BELGESİ", "student certificate"])
    def test_finds_services_by_the_words_people_use(self, client: Client, query: str) -> None:
        best = client.get(PATH, {"q": query}).json()["items"][0]
        assert (best["code"], best["kind"], best["institution"]["code"]) == ("ogrenci-belgesi", "document", "10000001")
        assert 0 < best["score"] <= 1

    def test_gives_no_more_than_asked_for(self, client: Client) -> None:
        assert len(client.get(PATH, {"q": "belgesi", "limit": "1"}).json()["items"]) == 1

    def test_finds_nothing_where_nothing_fits(self, client: Client) -> None:
        assert client.get(PATH, {"q": "zürafa"}).json() == {"items": []}
