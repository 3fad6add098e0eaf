"""The database: SQLite by default, PostgreSQL when KAPI_DATABASE_URL names one."""

from typing import Any

import dj_database_url

from kapi.config.environment import ENVIRONMENT

# Writers queue instead of failing: every transaction takes the write lock when it begins.
_SQLITE_OPTIONS: dict[str, Any] = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536; PRAGMA mmap_size=268435456;"
    ),
}
# Each thread keeps its connection, and with it what it has read of the file: opening one costs more than a page's
# queries. PostgreSQL's connections are kept by their pool.
_SQLITE: dict[str, Any] = {"OPTIONS": _SQLITE_OPTIONS, "CONN_MAX_AGE": None}


def _database() -> dict[str, Any]:
    if not ENVIRONMENT.database_url:
        path = ENVIRONMENT.data_dir.resolve() / "kapi.sqlite3"
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path)} | _SQLITE
    database: dict[str, Any] = dict(dj_database_url.parse(ENVIRONMENT.database_url))
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database |= _SQLITE
    else:
        database["OPTIONS"] = {"pool": {"min_size": 1, "max_size": ENVIRONMENT.database_pool, "timeout": 10}}
        # Asked before it is lent: else every pooled connection fails one request after PostgreSQL has restarted.
        database["CONN_HEALTH_CHECKS"] = True
    return database


DATABASES = {"default": _database()}
