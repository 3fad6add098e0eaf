"""Answers to programs: Django's, made of header lines that were written before."""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final, ParamSpec

from django.http import HttpResponse, HttpResponseBase
from django.http.cookie import SimpleCookie
from django.http.response import ResponseHeaders

P = ParamSpec("P")
# By their names in small letters, as Django keeps them.
Lines = dict[str, tuple[str, str]]

_JSON: Final = ("Content-Type", "application/json")
AS_JSON: Final[Lines] = {"content-type": _JSON}
# OpenID Connect Core 3.1.3.3: nobody keeps tokens or attributes.
UNCACHED: Final[Lines] = {"cache-control": ("Cache-Control", "no-store"), "pragma": ("Pragma", "no-cache")}
_UNCACHED_JSON: Final[Lines] = AS_JSON | UNCACHED
_KEPT_BY_NOBODY: Final[Lines] = {"cache-control": UNCACHED["cache-control"]}
_write: Final = json.JSONEncoder().encode


class Answer(HttpResponse):
    """An answer whose body is bytes and whose lines are good as they are: nothing of them is looked at again."""

    closed = False
    _charset = _reason_phrase = _handler_class = None

    def __init__(self, body: bytes, lines: Lines, *, status: int = 200) -> None:
        self.headers = ResponseHeaders.__new__(ResponseHeaders)
        self.headers._store = {**lines, "content-length": ("Content-Length", str(len(body)))}
        self.status_code = status
        self.cookies = SimpleCookie()
        self._container = [body]
        self._resource_closers: list[Callable[[], None]] = []


def answer_json(members: Mapping[str, Any], *, status: int = 200) -> Answer:
    """Answer with an object that nobody may keep."""
    return Answer(_write(members).encode(), _UNCACHED_JSON, status=status)


def kept_by_nobody(view: Callable[P, HttpResponseBase]) -> Callable[P, HttpResponseBase]:
    """Let nobody keep an answer (RFC 9111, 5.2.2.5) that does not say itself who may."""

    @wraps(view)
    def answered(*args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        response = view(*args, **kwargs)
        add_lines(response, _KEPT_BY_NOBODY)
        return response

    return answered


def add_lines(response: HttpResponseBase, lines: Lines) -> None:
    """Add the lines that the answer does not have already."""
    response.headers._store = {**lines, **response.headers._store}
