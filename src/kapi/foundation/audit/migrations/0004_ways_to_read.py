"""Indexes by which the trail is read: by time, and by actor, subject or action in time."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState


class AddIndexMeanwhile(migrations.AddIndex):
    """Add an index while others write: on PostgreSQL an ordinary one would hold up every deed of the gateway."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        # What an interrupted run leaves is an index that is never used.
        schema_editor.execute(f"DROP INDEX IF EXISTS {schema_editor.quote_name(self.index.name)}")
        schema_editor.execute(self.index.create_sql(model, schema_editor, concurrently=True), params=None)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("audit", "0003_marks_and_verifications")]

    operations = [
        AddIndexMeanwhile("auditrecord", models.Index(fields=["at", "id"], name="audit_by_time")),
        AddIndexMeanwhile(
            "auditrecord", models.Index(fields=["actor_kind", "actor_id", "at", "id"], name="audit_by_actor")
        ),
        AddIndexMeanwhile(
            "auditrecord",
            models.Index(fields=["subject_kind", "subject_id", "at", "id"], name="audit_by_subject_in_time"),
        ),
        AddIndexMeanwhile("auditrecord", models.Index(fields=["action", "at", "id"], name="audit_by_action")),
        # Last: until the one above is there, this one serves.
        migrations.RemoveIndex("auditrecord", "audit_by_subject"),
    ]
