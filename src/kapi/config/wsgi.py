"""The WSGI application that Granian serves."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kapi.config.settings")

import django
from django.core.handlers.wsgi import WSGIHandler


class Gateway(WSGIHandler):
    """Django's handler, but that it hands on an answer that is whole in one piece, which Granian sends as it is."""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer a request."""
        response: Any = super().__call__(environ, start_response)
        if getattr(response, "streaming", True):
            return response
        body = response.content
        response.close()
        return [body]


django.setup(set_prefix=False)
application = Gateway()
