"""Apps on people's devices have no proof of their own. The former release writes none: the checks widen."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Expand."""

    dependencies = [
        ("institutions", "0001_initial"),
        ("openid", "0011_principals"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="client",
            name="openid_client_proof",
        ),
        migrations.RemoveConstraint(
            model_name="client",
            name="openid_client_profile",
        ),
        migrations.AddField(
            model_name="refreshtoken",
            name="dpop_jkt",
            field=models.CharField(blank=True, db_default="", default="", max_length=43),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.CheckConstraint(
                condition=models.Q(("profile__in", ["fapi", "baseline", "native", "conformance"])),
                name="openid_client_profile",
            ),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("auth_method", "private_key_jwt"),
                        ("jwks__isnull", False),
                        ("jwks_uri", ""),
                        ("secret_ends_at", None),
                        ("secret_hash", ""),
                    ),
                    models.Q(
                        ("auth_method", "private_key_jwt"),
                        ("jwks", None),
                        ("secret_ends_at", None),
                        ("secret_hash", ""),
                        models.Q(("jwks_uri", ""), _negated=True),
                    ),
                    models.Q(
                        ("auth_method", "client_secret"),
                        ("jwks", None),
                        ("jwks_uri", ""),
                        ("secret_ends_at__isnull", False),
                        models.Q(("secret_hash", ""), _negated=True),
                    ),
                    models.Q(
                        ("auth_method", "none"),
                        ("jwks", None),
                        ("jwks_uri", ""),
                        ("secret_ends_at", None),
                        ("secret_hash", ""),
                    ),
                    _connector="OR",
                ),
                name="openid_client_proof",
            ),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("api_scopes", ""), ("auth_method", "none"), ("profile", "native")),
                    models.Q(
                        models.Q(("profile", "native"), _negated=True), models.Q(("auth_method", "none"), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="openid_native_without_proof",
            ),
        ),
    ]
