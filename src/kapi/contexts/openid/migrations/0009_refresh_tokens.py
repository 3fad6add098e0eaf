"""Clients go on while the person is away. The former release writes tokens for all that was granted: an empty scope."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Expand."""

    dependencies = [
        ("openid", "0008_machine_tokens"),
    ]

    operations = [
        migrations.AddField(
            model_name="accesstoken",
            name="scope",
            field=models.CharField(blank=True, db_default="", default="", max_length=500),
        ),
        migrations.CreateModel(
            name="RefreshToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("issued_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("grant", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, to="openid.grant")),
            ],
            options={
                "indexes": [models.Index(fields=["expires_at"], name="openid_refresh_ending")],
            },
        ),
    ]
