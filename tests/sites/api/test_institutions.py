"""GET /api/v1/institutions."""

import pytest
from django.test import Client

PATH = "/api/v1/institutions"


@pytest.mark.usefixtures("_catalogue")
class TestListInstitutions:
    @pytest.mark.parametrize(
        ("wanted", "codes"),
        [
            ({}, ["20000001", "10000001"]),
            ({"parent": "20000001"}, ["20000002"]),
            ({"parent": "99999999"}, []),
            ({"q": "YAZI isleri"}, ["20000002"]),
            ({"q": "2000"}, ["20000001", "20000002"]),
            ({"q": "zürafa"}, []),
            ({"page_size": "1", "page": "2"}, ["10000001"]),
        ],
    )
    def test_lists_the_tree_level_by_level_or_what_a_search_finds(
        self, client: Client, wanted: dict[str, str], codes: list[str]
    ) -> None:
        assert [item["code"] for item in client.get(PATH, wanted).json()["items"]] == codes

    def test_tells_name_kind_and_page(self, client: Client) -> None:
        assert client.get(PATH, {"q": "yüksek", "language": "en"}).json()["items"] == [
            {
                "code": "10000001",
                "name": {"text": "Council of Higher Education", "language": "en"},
                "kind": "ministry",
                "page": "http://localhost:8000/en/kurumlar/10000001/",
            }
        ]

    def test_leads_to_the_next_page(self, client: Client) -> None:
        answer = client.get(PATH, {"page_size": 1}).json()
        assert answer["next"] == f"http://localhost:8000{PATH}?page_size=1&page=2"
        assert answer["total"] == 2
