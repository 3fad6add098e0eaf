"""Clients that are there for trying the API out. The former release writes none."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Expand."""

    dependencies = [
        ("institutions", "0004_names_by_trigram"),
        ("openid", "0017_refused_requests"),
    ]

    operations = [
        migrations.AddField(
            model_name="client",
            name="is_test",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_test", False), models.Q(("api_scopes", ""), _negated=True), _connector="OR"),
                name="openid_test_client_uses_the_api",
            ),
        ),
    ]
