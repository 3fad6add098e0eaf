"""What clients were refused, for those who write them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Expand."""

    dependencies = [
        ("openid", "0016_causes_of_logout"),
    ]

    operations = [
        migrations.CreateModel(
            name="RefusedRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("endpoint", models.CharField(max_length=24)),
                ("code", models.CharField(max_length=64)),
                ("description", models.CharField(max_length=500)),
                ("at", models.DateTimeField()),
                (
                    "client",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="openid.client"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["client", "-id"], name="openid_refusals_of_client"),
                    models.Index(fields=["at"], name="openid_refusals_by_age"),
                ],
            },
        ),
    ]
