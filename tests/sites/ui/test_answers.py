import pytest
from django.http import HttpResponse, JsonResponse
from django.http.response import BadHeaderError

from kapi.sites.ui.answers import AS_JSON, UNCACHED, Answer, add_lines, answer_json, kept_by_nobody


class TestAnswer:
    def test_is_to_django_what_its_own_would_be(self) -> None:
        ours, djangos = Answer(b'{"a": 1}', AS_JSON | UNCACHED, status=201), JsonResponse({"a": 1}, status=201)
        for name, value in UNCACHED.values():
            djangos[name] = value
        djangos["Content-Length"] = "8"
        assert dict(ours.items()) == dict(djangos.items())
        assert (ours.content, ours.text, ours.charset) == (djangos.content, djangos.text, djangos.charset)
        assert (ours.status_code, ours.reason_phrase, ours.streaming) == (201, "Created", False)
        assert all(hasattr(ours, name) for name in vars(djangos))
        assert vars(ours).keys() <= vars(djangos).keys()
        assert not ours.closed

    def test_takes_headers_and_cookies_as_any_other(self) -> None:
        answer = answer_json({})
        answer["DPoP-Nonce"] = "a"
        answer.set_cookie("a", "b")
        assert (answer.headers["dpop-nonce"], answer.cookies["a"].value) == ("a", "b")
        with pytest.raises(BadHeaderError):
            answer["DPoP-Nonce"] = "a\r\nb"

    def test_changes_nothing_of_the_lines_that_it_was_made_of(self) -> None:
        answer_json({})["Cache-Control"] = "public"
        assert answer_json({})["Cache-Control"] == "no-store"


class TestAnswerJson:
    def test_writes_as_json_response_does(self) -> None:
        members = {"ad": "Ayşe", "b": [1, True, None], "c": {}}
        assert answer_json(members).content == JsonResponse(members).content

    def test_takes_nothing_that_has_no_place_in_json(self) -> None:
        with pytest.raises(TypeError):
            answer_json({"a": b"bytes"})


class TestKeptByNobody:
    @pytest.mark.parametrize(("told", "kept"), [({}, "no-store"), ({"Cache-Control": "public"}, "public")])
    def test_has_no_answer_kept_that_says_nothing_of_it(self, told: dict[str, str], kept: str) -> None:
        assert kept_by_nobody(lambda: HttpResponse(headers=told))()["Cache-Control"] == kept


class TestAddLines:
    def test_leaves_what_the_answer_has_already(self) -> None:
        response = HttpResponse(headers={"cache-control": "public"})
        add_lines(response, UNCACHED)
        assert dict(response.items()) == {
            "cache-control": "public", "Pragma": "no-cache", "Content-Type": "text/html; charset=utf-8",
        }  # fmt: skip
