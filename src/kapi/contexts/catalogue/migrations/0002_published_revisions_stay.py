"""Refuse any change to a revision that was ever published, but for its state going forward, in the database itself."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TABLE = "catalogue_servicerevision"
FROZEN = (
    "service_id", "number", "content", "content_sha256", "version",
    "author_id", "contributors", "approver_id", "drafted_at", "published_at",
)  # fmt: skip
MESSAGE = "a published revision is never changed"


def add_triggers(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Add the triggers in the database's own dialect."""
    postgresql = schema_editor.connection.vendor == "postgresql"
    differs = "IS DISTINCT FROM" if postgresql else "IS NOT"
    changed = " OR ".join(f"NEW.{column} {differs} OLD.{column}" for column in FROZEN)
    moved_back = "NEW.state NOT IN ('published', 'superseded', 'retired') OR (OLD.state <> 'published' AND NEW.state <> OLD.state)"
    broken = f"OLD.published_at IS NOT NULL AND ({changed} OR {moved_back})"
    if postgresql:
        schema_editor.execute(
            "CREATE FUNCTION catalogue_revision_stays() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$"
        )
        run = "FOR EACH ROW WHEN ({}) EXECUTE FUNCTION catalogue_revision_stays()"
        schema_editor.execute(f"CREATE TRIGGER catalogue_revision_frozen BEFORE UPDATE ON {TABLE} {run.format(broken)}")
        schema_editor.execute(
            f"CREATE TRIGGER catalogue_revision_kept BEFORE DELETE ON {TABLE} {run.format('OLD.published_at IS NOT NULL')}"
        )
        return
    abort = f"BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"
    schema_editor.execute(f"CREATE TRIGGER catalogue_revision_frozen BEFORE UPDATE ON {TABLE} WHEN {broken} {abort}")
    schema_editor.execute(
        f"CREATE TRIGGER catalogue_revision_kept BEFORE DELETE ON {TABLE} WHEN OLD.published_at IS NOT NULL {abort}"
    )


def remove_triggers(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take them away again."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION catalogue_revision_stays() CASCADE")
        return
    schema_editor.execute("DROP TRIGGER catalogue_revision_frozen")
    schema_editor.execute("DROP TRIGGER catalogue_revision_kept")


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_initial")]

    operations = [migrations.RunPython(add_triggers, remove_triggers)]
