"""Logs go to standard error, one line each; they never hold personal data, tokens or codes."""

import logging
from typing import Any

from kapi.config.environment import ENVIRONMENT
from kapi.kernel.identifiers import hide_identity_numbers


class Line(logging.Formatter):
    """One line per message, without identity numbers: people type them into addresses too, and those are logged."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the traceback below it if there is one."""
        return hide_identity_numbers(super().format(record))


def _is_news(record: logging.LogRecord) -> bool:
    # A probe that asks every second must not fill the log with what it is told; `/saglik` answers in full itself.
    request = getattr(record, "request", None)
    return getattr(request, "path", "") != "/saglik"


LOG_LEVEL = ENVIRONMENT.log_level
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": Line, "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"news": {"()": "django.utils.log.CallbackFilter", "callback": _is_news}},
    # The level stands at the handler, for a logger that sets a level of its own (Django's does) passes by the root's.
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["news"],
            "level": LOG_LEVEL,
        }
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        # SQL parameters are personal data; the statements stay out of the logs at every level.
        "django.db.backends": {"level": "INFO"},
    },
}
