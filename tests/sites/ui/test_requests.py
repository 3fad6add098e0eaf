from io import BytesIO
from typing import Any

import pytest
from django.http import RawPostDataException, UnreadablePostError
from django.test import RequestFactory

from kapi.sites.ui.requests import ProgramRequest

FORM = "application/x-www-form-urlencoded"


def request_of(body: bytes, **environ: Any) -> ProgramRequest:
    return ProgramRequest(RequestFactory().post("/oidc/token", body, content_type=FORM).environ | environ)


class _Gone(BytesIO):
    def read(self, _size: int | None = -1, /) -> bytes:
        raise OSError("gone")


class TestProgramRequest:
    def test_gives_the_same_body_and_form_again_and_again(self) -> None:
        request = request_of(b"a=b&c=d")
        assert (request.body, request.body, request.POST.dict()) == (b"a=b&c=d", b"a=b&c=d", {"a": "b", "c": "d"})

    def test_has_a_form_that_was_not_asked_for_by_its_bytes(self) -> None:
        assert request_of(b"a=b").POST.dict() == {"a": "b"}

    def test_gives_no_body_of_which_a_part_was_read(self) -> None:
        request = request_of(b"a=b&c=d")
        assert request.read(3) == b"a=b"
        with pytest.raises(RawPostDataException):
            _ = request.body

    def test_says_that_the_sender_has_gone(self) -> None:
        with pytest.raises(UnreadablePostError):
            _ = request_of(b"a=b", **{"wsgi.input": _Gone()}).body

    def test_reads_nothing_where_nothing_was_sent(self) -> None:
        assert request_of(b"", **{"wsgi.input": _Gone()}).body == b""
