"""What the database knows about its tables when it plans how to answer."""

from django.apps import apps
from django.db import connection


def refresh_statistics(*, app_label: str) -> None:
    """Let the database count anew what is in the tables of an app, after much was put there at once.

    PostgreSQL's autovacuum does so by itself, but minutes later, and until then it plans for empty tables: a search
    among 10,000 new services took it 50 ms instead of 3. SQLite plans by the indexes alone: nothing to do.
    """
    if connection.vendor != "postgresql":
        return
    models = apps.get_app_config(app_label).get_models(include_auto_created=True)
    tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {tables}")
