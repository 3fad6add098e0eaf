"""Index the folded words by trigram: pg_trgm on PostgreSQL, an FTS5 table kept by triggers on SQLite."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# Two blanks before and one behind, as pg_trgm pads words: so that beginnings and ends have trigrams of their own.
_ADD = "INSERT INTO catalogue_searchword_fts(rowid, word) VALUES (NEW.id, '  ' || NEW.word || ' ')"
_REMOVE = (
    "INSERT INTO catalogue_searchword_fts(catalogue_searchword_fts, rowid, word) "
    "VALUES ('delete', OLD.id, '  ' || OLD.word || ' ')"
)


def add_index(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Add the index."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        schema_editor.execute(
            # On an expression, though words are in lower case already: a trigram index on the column itself would also
            # be taken for plain equality, at a hundred times the cost of the unique index.
            "CREATE INDEX catalogue_searchword_trigrams ON catalogue_searchword USING gin (lower(word) gin_trgm_ops)"
        )
        return
    schema_editor.execute(
        "CREATE VIRTUAL TABLE catalogue_searchword_fts USING fts5(word, content='', tokenize='trigram')"
    )
    schema_editor.execute(
        f"CREATE TRIGGER catalogue_searchword_added AFTER INSERT ON catalogue_searchword BEGIN {_ADD}; END"
    )
    schema_editor.execute(
        f"CREATE TRIGGER catalogue_searchword_removed AFTER DELETE ON catalogue_searchword BEGIN {_REMOVE}; END"
    )


def remove_index(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take it away again. The extension stays: others may use it."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX catalogue_searchword_trigrams")
        return
    schema_editor.execute("DROP TRIGGER catalogue_searchword_added")
    schema_editor.execute("DROP TRIGGER catalogue_searchword_removed")
    schema_editor.execute("DROP TABLE catalogue_searchword_fts")


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_published_revisions_stay")]

    operations = [migrations.RunPython(add_index, remove_index)]
