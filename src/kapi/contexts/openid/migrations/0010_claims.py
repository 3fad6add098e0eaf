"""Grants know what was asked for one by one. The former release writes none: null."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Expand."""

    dependencies = [
        ("openid", "0009_refresh_tokens"),
    ]

    operations = [
        migrations.AddField(
            model_name="grant",
            name="claims",
            field=models.JSONField(null=True),
        ),
    ]
