"""Index the folded names by trigram on PostgreSQL, for a search by parts of words; SQLite reads the whole table."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def add_index(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Add the index."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        schema_editor.execute(
            "CREATE INDEX institution_name_trigrams ON institutions_institution USING gin (name_folded gin_trgm_ops)"
        )


def remove_index(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take it away again. The extension stays: others may use it."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX institution_name_trigrams")


class Migration(migrations.Migration):
    dependencies = [("institutions", "0003_fill_sort_keys")]

    operations = [migrations.RunPython(add_index, remove_index)]
