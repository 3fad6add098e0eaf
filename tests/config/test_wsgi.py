from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from django.core.signals import request_finished
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.test import RequestFactory

from kapi.config.wsgi import Gateway


class _Answering(Gateway):
    """A gateway of one answer."""

    def __init__(self, answer: HttpResponseBase) -> None:
        super().__init__()
        self.answer = answer

    def get_response(self, request: Any) -> HttpResponseBase:
        return self.answer


@pytest.fixture
def finished() -> Iterator[list[str]]:
    """What was finished: a word for each request."""
    words: list[str] = []

    def note(**_: Any) -> None:
        words.append("finished")

    request_finished.connect(note)
    yield words
    request_finished.disconnect(note)


def _asked(answer: HttpResponseBase) -> tuple[list[tuple[str, list[tuple[str, str]]]], Any]:
    told: list[tuple[str, list[tuple[str, str]]]] = []
    environ = RequestFactory().get("/").environ | {"wsgi.input": BytesIO()}
    return told, _Answering(answer)(environ, lambda status, headers: told.append((status, headers)))


@pytest.mark.django_db
class TestGateway:
    def test_hands_on_a_whole_answer_in_one_piece(self, finished: list[str]) -> None:
        answer = HttpResponse(["a ", "whole ", "answer"], status=201, headers={"X-Told": "yes"})
        answer.set_cookie("kept", "1")
        told, body = _asked(answer)
        assert body == [b"a whole answer"]
        assert finished == ["finished"]
        [(status, headers)] = told
        assert status == "201 Created"
        assert ("X-Told", "yes") in headers
        assert [name for name, _ in headers].count("Set-Cookie") == 1

    def test_leaves_an_answer_that_is_made_while_it_is_sent_to_the_server(self, finished: list[str]) -> None:
        _, body = _asked(StreamingHttpResponse(iter([b"line 1\n", b"line 2\n"])))
        assert finished == []
        assert list(body) == [b"line 1\n", b"line 2\n"]
        body.close()
        assert finished == ["finished"]
