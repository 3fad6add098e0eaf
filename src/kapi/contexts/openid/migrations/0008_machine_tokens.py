"""Programs get tokens for themselves. The former release writes no API scopes: the database fills them in."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Expand."""

    dependencies = [
        ("openid", "0007_parts_left_out"),
    ]

    operations = [
        migrations.AddField(
            model_name="client",
            name="api_scopes",
            field=models.CharField(blank=True, db_default="", default="", max_length=500),
        ),
        migrations.CreateModel(
            name="MachineToken",
            fields=[
                ("id", models.CharField(max_length=43, primary_key=True, serialize=False)),
                ("scope", models.CharField(max_length=500)),
                ("issued_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                ("client", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="openid.client")),
            ],
            options={
                "indexes": [models.Index(fields=["expires_at"], name="openid_machine_token_ending")],
            },
        ),
    ]
