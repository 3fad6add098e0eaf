"""What a refusal leaves unread is read and forgotten; what was taken is left alone."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from kapi.sites.ui.bodies import MOST_READ, ReadToTheEnd

FORM = "application/x-www-form-urlencoded"


def left_of(request: HttpRequest, status: int) -> int:
    """Answer a request unread with a status, and return how much of its body is still there."""
    ReadToTheEnd(lambda _request: HttpResponse(status=status))(request)
    return len(request.read())


class TestReadToTheEnd:
    @pytest.mark.parametrize("status", [400, 403, 405, 413, 429, 500])
    def test_leaves_nothing_of_what_was_refused(self, rf: RequestFactory, status: int) -> None:
        assert left_of(rf.post("/", b"a" * 300_000, content_type=FORM), status) == 0

    def test_leaves_the_rest_of_what_is_far_too_large(self, rf: RequestFactory) -> None:
        assert left_of(rf.post("/", b"a" * (MOST_READ + 5), content_type=FORM), 413) == 5

    def test_does_not_touch_what_was_taken(self, rf: RequestFactory) -> None:
        assert left_of(rf.post("/", b"a" * 5, content_type=FORM), 200) == 5
