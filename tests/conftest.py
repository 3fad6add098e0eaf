"""What all tests share."""

import importlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import jinja2
import pytest
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from django.db.backends.base.operations import BaseDatabaseOperations
from django.test import override_settings
from django.utils import translation
from django.utils.translation.reloader import translation_file_changed

from kapi.commands import messages
from kapi.foundation.prepared import forget_kept_beside_connection
from kapi.sites.login import documents
from kapi.sites.portal import remembered
from tests.browser import chromium, demo  # noqa: F401 - fixtures for all
from tests.installation import _template, installation, migrated  # noqa: F401 - fixtures for all

# How long one example takes says more about the machine's other work than about our code. The gate tries the same
# examples each time, as it takes the tests in the same order (`make test`); `make prove` looks for new ones.
hypothesis.settings.register_profile("kapi", deadline=None, derandomize=True)
hypothesis.settings.register_profile("search", deadline=None, max_examples=300)
hypothesis.settings.load_profile("kapi")

# Migrations whose triggers would keep a transactional test from emptying its tables.
_GUARDS = [
    importlib.import_module("kapi.foundation.audit.migrations.0002_only_inserts"),
    importlib.import_module("kapi.contexts.catalogue.migrations.0002_published_revisions_stay"),
]


@pytest.fixture(scope="session", autouse=True)
def _flush_may_empty_guarded_tables() -> Iterator[None]:
    """Lift the triggers that refuse it while a transactional test empties its tables, and only then."""
    operations = type(connection.ops)
    original = operations.execute_sql_flush

    def flush(self: BaseDatabaseOperations, sql_list: Iterable[str]) -> None:
        with connection.schema_editor() as editor:
            for guard in _GUARDS:
                guard.remove_triggers(None, editor)
        original(self, sql_list)
        with connection.schema_editor() as editor:
            for guard in _GUARDS:
                guard.add_triggers(None, editor)

    operations.execute_sql_flush = flush  # type: ignore[method-assign]
    yield
    operations.execute_sql_flush = original  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Let the numbers of rows begin at a million.

    Which number a row gets depends on the tests before it, so an actor "902" that a test makes up would be a person of
    its own making in some order of them; and a test that counts on number 1 would pass in some.
    """
    sqlite = "INSERT INTO sqlite_sequence SELECT name, 1000000 FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'"
    postgresql = (
        "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1000000) FROM pg_sequences"
        " WHERE schemaname = current_schema()"
    )
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DELETE FROM sqlite_sequence")
        cursor.execute(sqlite if connection.vendor == "sqlite" else postgresql)


@pytest.fixture(scope="session", autouse=True)
def _texts_are_compiled() -> None:
    """Compile the texts, and let Django read them anew: it read the former ones while it was set up."""
    messages.compile_catalogs()
    translation_file_changed(sender=None, file_path=Path("django.mo"))


@pytest.fixture(scope="session", autouse=True)
def _pages_name_assets_that_need_not_be_built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Only tests in a browser need the built assets (their fixture restores the real settings)."""
    storages = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    with override_settings(STORAGES=storages, STATIC_ROOT=str(tmp_path_factory.mktemp("static"))):
        yield


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> None:
    """Pages may show lists that are a minute old, and keys a second; no test may see another one's.

    Nor may what a test asks the database depend on what another one has asked.
    """
    remembered.forget_all()
    documents.forget_keys()
    forget_kept_beside_connection()


@pytest.fixture(autouse=True)
def _nobody_has_chosen_a_language() -> None:
    """A request leaves its language active in its thread; no test may begin in another one's."""
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(autouse=True)
def _templates_cause_no_query(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no page ask the database once its view has collected what it shows."""
    render = jinja2.Template.render

    def guarded(template: jinja2.Template, *args: Any, **kwargs: Any) -> str:
        with connection.execute_wrapper(_refuse_query):
            return render(template, *args, **kwargs)

    monkeypatch.setattr(jinja2.Template, "render", guarded)


def _refuse_query(_execute: Any, sql: str, *_rest: Any) -> None:
    raise AssertionError(f"A template caused a query: {sql}")


@pytest.fixture(scope="session", autouse=True)
def _limits_are_counted_in_the_database() -> Iterator[None]:
    """Counters in Redis would outlive each test; the tests of that store ask for it."""
    with override_settings(REDIS_URL=""):
        yield


@pytest.fixture
def now() -> datetime:
    """A fixed moment."""
    return datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture
def _connection_stays_open() -> Iterator[None]:
    """A server closes old connections around each request; here it is the test's own."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)
