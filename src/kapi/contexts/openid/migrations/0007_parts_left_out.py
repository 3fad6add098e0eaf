"""Approvals know which scopes the person left out. The former release writes none: the database fills them in."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Expand."""

    dependencies = [("openid", "0006_fapi_profile")]

    operations = [
        migrations.AddField(
            model_name="approval",
            name="left_out",
            field=models.CharField(blank=True, db_default="", default="", max_length=500),
        ),
    ]
