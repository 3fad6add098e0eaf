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
# queries.
_SQLITE: dict[str, Any] = {"OPTIONS": _SQLITE_OPTIONS, "CONN_MAX_AGE": None}
# Here too. Each is looked at before a request (`kapi.foundation.postgresql`): else it would fail one after PostgreSQL
# has restarted. After an hour it is opened anew, for what a server remembers for a connection only grows.
_POSTGRESQL: dict[str, Any] = {
    "ENGINE": "kapi.foundation.postgresql",
    "CONN_MAX_AGE": 3600,
    "CONN_HEALTH_CHECKS": True,
}
# A host that vanishes says nothing: a connection at rest is found dead after a minute, one that waits after half of it.
_POSTGRESQL_OPTIONS: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def _database() -> dict[str, Any]:
    if not ENVIRONMENT.database_url:
        path = ENVIRONMENT.data_dir.resolve() / "kapi.sqlite3"
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path)} | _SQLITE
    database: dict[str, Any] = dict(dj_database_url.parse(ENVIRONMENT.database_url))
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database |= _SQLITE
    else:
        database |= _POSTGRESQL | {"OPTIONS": _POSTGRESQL_OPTIONS | database.get("OPTIONS", {})}
    return database


DATABASES = {"default": _database()}

# Statements that are sent often are read by PostgreSQL once for each connection (`kapi.foundation.prepared`).
DATABASE_PREPARED = ENVIRONMENT.database_prepared
