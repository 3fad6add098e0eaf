"""Take away the names that pages once gave in the language of the moment: they are called as their kinds now."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

_GIVEN = {"recovery_codes": ("Kurtarma kodları",), "totp": ("Uygulamam", "My app")}


def forget(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Leave nameless what nobody has named."""
    rows = apps.get_model("identity", "Authenticator").objects
    for kind, names in _GIVEN.items():
        rows.filter(kind=kind, name__in=names).update(name="")


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0020_authenticators_called_as_their_kind"),
    ]

    operations = [
        migrations.RunPython(forget, migrations.RunPython.noop, elidable=True),
    ]
