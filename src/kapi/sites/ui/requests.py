"""Requests of programs: Django's, made of what the server says without looking at what nobody asks for."""

from io import BytesIO
from typing import Any, Final

from django.core.handlers.wsgi import LimitedStream, WSGIRequest
from django.http import UnreadablePostError
from django.utils.functional import cached_property

from kapi.foundation.settled import settings

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
        self.resolver_match = None

    _read_started: bool = False

    @cached_property
    def _stream(self) -> Any:  # type: ignore[override]  # made when something is read of it
        return LimitedStream(self.environ["wsgi.input"], self._length or 0)

    @cached_property
    def _length(self) -> int | None:
        """How many bytes were sent; None where that is no number."""
        try:
            return int(self.environ.get("CONTENT_LENGTH") or 0)
        except ValueError:
            return None

    @property
    def body(self) -> bytes:
        """What was sent, as Django gives it: a body within the limit is read at once, all else is Django's to refuse.

        :raises RequestDataTooBig: if it is longer than the setting allows.
        :raises UnreadablePostError: if the rest of it did not come.
        """
        if "_body" not in self.__dict__:
            length, most = self._length, settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            if self._read_started or length is None or not 0 <= length <= most:
                return super().body
            self._read_started = True
            try:
                self._body = self.environ["wsgi.input"].read(length) if length else b""
            except OSError as failure:
                raise UnreadablePostError(*failure.args) from failure
            self._stream = BytesIO(self._body)
        return self._body
