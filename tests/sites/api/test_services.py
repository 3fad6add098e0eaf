"""GET /api/v1/services, and one service."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

PATH = "/api/v1/services"
NOT_STATED = {"text": "", "language": "tr"}


@pytest.mark.usefixtures("_catalogue")
class TestListServices:
    def test_lists_what_is_offered_by_title(self, client: Client) -> None:
        answer = client.get(PATH).json()
        assert [item["code"] for item in answer["items"]] == [
            "ogrenci-belgesi", "yerlesim-yeri-belgesi", "yurt-basvurusu",
        ]  # fmt: skip
        assert (answer["total"], answer["page"], answer["next"], answer["previous"]) == (3, 1, None, None)
        assert answer["items"][0] == {
            "code": "ogrenci-belgesi",
            "title": {"text": "Öğrenci Belgesi Sorgulama", "language": "tr"},
            "summary": {"text": "Öğrenci olduğunuzu gösteren belgeyi alın.", "language": "tr"},
            "institution": {"code": "10000001", "title": {"text": "Yükseköğretim Kurulu", "language": "tr"}},
            "kind": "document",
            "online": True,
            "page": "http://localhost:8000/hizmet/ogrenci-belgesi/",
        }

    def test_says_in_which_language_each_text_is(self, client: Client) -> None:
        items = client.get(PATH, {"language": "en"}).json()["items"]
        titles = {item["code"]: (item["title"]["text"], item["title"]["language"]) for item in items}
        assert titles["ogrenci-belgesi"] == ("Student certificate", "en")
        assert titles["yurt-basvurusu"] == ("Yurt Başvurusu", "tr")
        assert items[0]["page"].startswith("http://localhost:8000/en/hizmet/")

    @pytest.mark.parametrize(
        ("narrowed", "codes"),
        [
            ({"institution": "20000001"}, ["yerlesim-yeri-belgesi"]),
            ({"institution": "20000002"}, []),
            ({"institution": "99999999"}, []),
            ({"category": "egitim"}, ["ogrenci-belgesi", "yurt-basvurusu"]),
            ({"category": "egitim", "institution": "20000001"}, []),
            ({"category": "yok"}, []),
        ],
    )
    def test_is_narrowed_to_an_institution_and_a_category(
        self, client: Client, narrowed: dict[str, str], codes: list[str]
    ) -> None:
        answer = client.get(PATH, narrowed).json()
        assert [item["code"] for item in answer["items"]] == codes
        assert answer["total"] == len(codes)

    def test_needs_four_queries_at_most(self, client: Client) -> None:
        with CaptureQueriesContext(connection) as queries:
            client.get(PATH, {"institution": "20000001"})
        assert len(queries) <= 4


@pytest.mark.usefixtures("_many_services")
class TestPages:
    def test_lead_to_each_other_and_keep_what_was_asked(self, client: Client) -> None:
        codes: list[str] = []
        address: str | None = f"{PATH}?category=egitim&page_size=15"
        while address:
            answer = client.get(address.removeprefix("http://localhost:8000")).json()
            codes += [item["code"] for item in answer["items"]]
            address = answer["next"]
        assert len(codes) == len(set(codes)) == answer["total"] == 32
        assert answer["previous"] == f"http://localhost:8000{PATH}?category=egitim&page_size=15&page=2"

    def test_behind_the_last_are_empty(self, client: Client) -> None:
        answer = client.get(PATH, {"page": 9}).json()
        assert (answer["items"], answer["next"]) == ([], None)


@pytest.mark.usefixtures("_catalogue")
class TestGetService:
    def test_gives_everything_that_is_published(self, client: Client) -> None:
        service = client.get(f"{PATH}/ogrenci-belgesi").json()
        assert service["costs"] == [
            {"amount": "125.50", "currency": "TRY", "condition": {"text": "Islak imzalı istenirse", "language": "tr"}}
        ]
        assert service["processing_time"] == {"duration": "P3D", "working_days": True}
        assert service["legal_basis"] == [
            {"type": "Kanun", "number": "2547", "article": "44", "title": "Yükseköğretim Kanunu"}
        ]
        assert [channel["type"] for channel in service["channels"]] == ["web", "counter", "phone"]
        assert service["channels"][0]["address"] == "https://example.edu/ogrenci-belgesi"
        assert service["categories"][0] == {"code": "egitim", "title": {"text": "Eğitim", "language": "tr"}}
        assert service["published_at"] == "2026-11-22T09:00:00Z"

    def test_gives_the_address_of_the_page_in_the_language_asked_for(self, client: Client) -> None:
        in_english = client.get(f"{PATH}/ogrenci-belgesi", {"language": "en"}).json()["channels"][0]
        assert in_english["address"] == "https://example.edu/en/student-certificate"
        assert in_english["address_language"] == "en"
        without = client.get(f"{PATH}/yerlesim-yeri-belgesi", {"language": "en"}).json()["channels"]
        assert {channel["address_language"] for channel in without} == {"en", "tr"}

    def test_leaves_empty_what_is_not_stated(self, client: Client) -> None:
        service = client.get(f"{PATH}/yurt-basvurusu").json()
        assert service["processing_time"] is None
        assert (service["costs"], service["legal_basis"], service["requirements"]) == ([], [], [])
        assert service["complaint_authority"] == NOT_STATED

    def test_writes_durations_as_the_standard_does(self, client: Client) -> None:
        assert client.get(f"{PATH}/yerlesim-yeri-belgesi").json()["processing_time"]["duration"] == "PT0S"

    def test_tells_that_there_is_none(self, client: Client) -> None:
        answer = client.get(f"{PATH}/yok")
        assert answer.status_code == 404
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["detail"] == "Nothing is published under this code."
