"""Clients that ask as at the e-Devlet gateway, as exceptions with an end. The former release writes none."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Expand."""

    dependencies = [
        ("openid", "0013_stronger_proof_waived"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="client",
            name="openid_client_profile",
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.CheckConstraint(
                condition=models.Q(("profile__in", ["fapi", "baseline", "edevlet", "native", "conformance"])),
                name="openid_client_profile",
            ),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("profile", "edevlet"), _negated=True),
                    models.Q(
                        ("api_scopes", ""), ("auth_method", "client_secret"), ("exception_ends_at__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="openid_edevlet_ends",
            ),
        ),
    ]
