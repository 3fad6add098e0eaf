"""The API as a whole: problems, caching, its own description."""

from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

from kapi.sites.api.interface import document

ENDPOINTS = ["/api/v1/services", "/api/v1/services/ogrenci-belgesi", "/api/v1/institutions", "/api/v1/search?q=belge"]


@pytest.mark.usefixtures("_catalogue")
class TestAnswers:
    @pytest.mark.parametrize("path", [*ENDPOINTS, "/api/openapi.json"])
    def test_may_be_kept_for_a_minute_and_read_from_any_page(self, client: Client, path: str) -> None:
        first = client.get(path)
        assert first.headers["Cache-Control"] == "public, max-age=60"
        assert first.headers["Access-Control-Allow-Origin"] == "*"
        assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304

    @pytest.mark.parametrize("path", ENDPOINTS)
    def test_to_head_have_no_body(self, client: Client, path: str) -> None:
        answer = client.head(path)
        assert (answer.status_code, answer.content) == (200, b"")

    def test_hold_letters_as_they_are(self, client: Client) -> None:
        assert "Öğrenci".encode() in client.get("/api/v1/services").content


@pytest.mark.usefixtures("_catalogue")
class TestProblems:
    @pytest.mark.parametrize(
        ("path", "where"),
        [
            ("/api/v1/services?page=0", "query.page"),
            ("/api/v1/services?page_size=101", "query.page_size"),
            ("/api/v1/services?page=x", "query.page"),
            ("/api/v1/services?institution=1", "query.institution"),
            ("/api/v1/services?category=%00", "query.category"),
            ("/api/v1/services?language=de", "query.language"),
            ("/api/v1/services/%00", "path.code"),
            ("/api/v1/services/Büyük", "path.code"),
            ("/api/v1/search", "query.q"),
            ("/api/v1/search?q=", "query.q"),
            (f"/api/v1/search?q={'a' * 201}", "query.q"),
            ("/api/v1/institutions?parent=x", "query.parent"),
        ],
    )
    def test_name_the_parameter_that_is_wrong(self, client: Client, path: str, where: str) -> None:
        answer = client.get(path)
        told = answer.json()
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert (answer.status_code, told["status"], told["title"]) == (400, 400, "Bad Request")
        assert [mistake["where"] for mistake in told["errors"]] == [where]

    @pytest.mark.parametrize("path", ["/api/", "/api/v1", "/api/v2/services", "/api/v1/services/a/b"])
    def test_tell_where_there_is_nothing(self, client: Client, path: str) -> None:
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")

    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
    def test_tell_that_the_api_is_for_reading(self, client: Client, method: str) -> None:
        answer = getattr(client, method)("/api/v1/services")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
        assert answer.headers["Content-Type"] == "application/problem+json"


class TestDocument:
    def test_is_served_at_its_fixed_address(self, client: Client) -> None:
        assert client.get("/api/openapi.json").json() == document()

    def test_describes_every_endpoint_with_words(self) -> None:
        paths = document()["paths"]
        assert set(paths) == {
            "/api/v1/services", "/api/v1/services/{code}", "/api/v1/institutions", "/api/v1/search", "/api/v1/client",
        }  # fmt: skip
        for methods in paths.values():
            for operation in methods.values():
                assert operation["operationId"]
                assert operation["description"]
                problems = [told for status, told in operation["responses"].items() if int(status) >= 400]
                assert problems
                assert all(set(told["content"]) == {"application/problem+json"} for told in problems)


schema = schemathesis.openapi.from_dict(document())


@pytest.mark.usefixtures("_catalogue", "_connection_stays_open")
@schema.parametrize()
@hypothesis_settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_keeps_its_own_description_whatever_is_sent(
    case: schemathesis.Case[Any], django_db_blocker: DjangoDbBlocker
) -> None:
    with django_db_blocker.unblock():
        case.call_and_validate(app=WSGIHandler(), headers={"Host": "localhost", "Accept-Encoding": "identity"})
