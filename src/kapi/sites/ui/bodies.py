"""What is sent to us is read to its end, also where it was refused before that."""

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponseBase, UnreadablePostError

MOST_READ: Final = 8 * 2**20
_PIECE: Final = 65_536


class ReadToTheEnd:
    """Middleware, before all others: read and forget what a refusal has left of a form, up to `MOST_READ` bytes.

    A server that answers and closes the connection in the middle of what a browser sends may have its answer thrown
    away by the network (RFC 9112, 9.6): the person would see a broken connection and not our page. What is larger than
    that is cut off.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code >= 400 and request.method not in ("GET", "HEAD"):
            read_what_is_left(request)
        return response


def read_what_is_left(request: HttpRequest) -> None:
    """Read the rest of what was sent, up to `MOST_READ` bytes, and forget it."""
    left = MOST_READ
    try:
        while left > 0 and (piece := request.read(min(left, _PIECE))):
            left -= len(piece)
    except UnreadablePostError:  # nobody is there any more
        return
