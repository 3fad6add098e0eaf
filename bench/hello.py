"""The bare "hello" that pages are compared with: a WSGI application that does nothing."""

from collections.abc import Callable, Iterable
from typing import Any


def application(
    _environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], Any]
) -> Iterable[bytes]:
    """Say hello."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "5")])
    return [b"hello"]
