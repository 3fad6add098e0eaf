"""The WSGI application that Granian serves."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kapi.config.settings")

import django
from django.core.handlers.wsgi import WSGIHandler
from django.urls import set_urlconf

django.setup(set_prefix=False)

# What these import needs the applications.
from kapi.foundation.connections import settle_connection  # noqa: E402
from kapi.foundation.settled import settings  # noqa: E402
from kapi.sites.ui.programs import answer_program  # noqa: E402
from kapi.sites.ui.requests import ProgramRequest  # noqa: E402


class Gateway(WSGIHandler):
    """Django's handler, but that programs go a shorter way, and that an answer that is whole is sent in one piece."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer a request."""
        if environ["PATH_INFO"] in settings.PROGRAM_ADDRESSES and not environ.get("SCRIPT_NAME"):
            return self._answer_program(environ, start_response)
        response: Any = super().__call__(environ, start_response)
        if getattr(response, "streaming", True):
            return response
        body = response.content
        response.close()
        return [body]

    def _answer_program(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """Answer without Django's signals, of whose receivers only two have anything to do here: those of `_finish`."""
        request = ProgramRequest(environ)
        try:
            response = answer_program(request)
        finally:
            self._finish(request)
        lines = [*response.headers._store.values()]
        if response.cookies:
            lines += [("Set-Cookie", cookie.output(header="")) for cookie in response.cookies.values()]
        start_response(f"{response.status_code} {response.reason_phrase}", lines)
        return [response.content]

    def _finish(self, request: ProgramRequest) -> None:
        """Leave the thread as the next request expects it."""
        request.close()
        settle_connection()
        if settings.URLCONF_BY_HOST:
            set_urlconf(None)


application = Gateway()
