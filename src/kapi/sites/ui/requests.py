"""Requests of programs: Django's, made of what the server says without looking at what nobody asks for."""

from typing import Any, Final

from django.core.handlers.wsgi import LimitedStream, WSGIRequest

_FORM: Final = "application/x-www-form-urlencoded"


class ProgramRequest(WSGIRequest):
    """A request to one of `PROGRAM_ADDRESSES`, whose path is ASCII and has nothing before it.

    That is what Django's own would work out here from `SCRIPT_NAME` and the bytes of the path.
    """

    def __init__(self, environ: dict[str, Any]) -> None:
        self.environ = self.META = environ
        self.path = self.path_info = environ["PATH_INFO"]
        self.method = environ["REQUEST_METHOD"].upper()  # protocol
        content_type = environ.get("CONTENT_TYPE", "")
        if content_type in ("", _FORM):
            self.content_type, self.content_params = content_type, {}
        else:
            self._set_content_type_params(environ)  # type: ignore[attr-defined]  # not in the stubs
        try:
            length = int(environ.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        self._stream = LimitedStream(environ["wsgi.input"], length)  # type: ignore[assignment]  # so in Django
        self._read_started = False
        self.resolver_match = None
