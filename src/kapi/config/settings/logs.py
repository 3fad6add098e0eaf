"""Logs go to standard error, one line each; they never hold personal data, tokens or codes."""

from typing import Any

from kapi.config.environment import ENVIRONMENT

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": ENVIRONMENT.log_level},
    "loggers": {
        # SQL parameters are personal data; the statements stay out of the logs at every level.
        "django.db.backends": {"level": "INFO"},
    },
}
